import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { signExtendedKey } from './imported-hashes/bcrypt.js';
import { hashSchemes, readPasswordHash } from './password-hash.js';

const passlib = '$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$jIldYQmJou8nVLx7UOmlHKx5vTMrXVZjEPoQLy4grro';
const passlibUmlauts =
  '$pbkdf2-sha256$1000$..................../w$XvmsLG4HvHOcRzLDUXOFEhKCw4/4UKoMV8vrpfddu20';
const django = 'pbkdf2_sha256$29000$abcdefghijkl$sKkQC6TEOdXtNSRukAf6UOkHWiyyMPjJmwwnjFVtvp4=';
// As node:crypto's argon2 derives it from the salt "0123456789abcdef".
const argon2id =
  '$argon2id$v=19$m=19456,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$+9f4XI1Gj3plrTP9Ilwi6L15+U3LJ2qC9RZL1ae7vaE';
const cheapArgon2id =
  '$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$1FdK0EzsiU+0zc/PNiPgURD1YOMbAbtN7CWuovSL3K4';
const bcrypt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'; // a vector of crypt_blowfish
const bcryptOf72 = '$2b$04$fqKIcfeq5FfVSVLQ/p8yH.xABCkzffJ5HadiC16wV5qUlArZPeTA.';

async function matches(password: string, stored: string): Promise<boolean> {
  return (await readPasswordHash(stored)?.(password)) ?? false;
}

describe('readPasswordHash', () => {
  it.each([
    ['Passlib', 'Test1234', passlib],
    ['Passlib, with a password beyond ASCII', 'pässwörd', passlibUmlauts],
    ['Django', 'Test1234', django],
    ['argon2id', 'Test1234', argon2id],
    ['bcrypt $2a$', 'U*U', bcrypt],
    ['bcrypt $2b$', 'U*U', bcrypt.replace('2a', '2b')],
    ['bcrypt $2y$', 'U*U', bcrypt.replace('2a', '2y')],
  ])('matches the right password of %s and no other', async (_, password, stored) => {
    await expect(matches(password, stored)).resolves.toBe(true);
    for (const wrong of [`${password} `, password.slice(1), password.toLowerCase() + 'X', '']) {
      await expect(matches(wrong, stored)).resolves.toBe(false);
    }
  });

  it('takes both Unicode forms of a password for one', async () => {
    await expect(matches('pässwörd'.normalize('NFD'), passlibUmlauts)).resolves.toBe(true);
  });

  it('looks at the 72 bytes of a password that bcrypt looks at', async () => {
    await expect(matches('a'.repeat(72), bcryptOf72)).resolves.toBe(true);
    await expect(matches('a'.repeat(80), bcryptOf72)).resolves.toBe(true);
    await expect(matches('a'.repeat(71), bcryptOf72)).resolves.toBe(false);
  });

  it.each([
    ['an empty string', ''],
    ['plain text', 'Test1234'],
    ['an unusable password of Django', '!kQzd7fEXAMPLE'],
    ['an unknown scheme', passlib.replace('sha256', 'sha512')],
    ['an old version of argon2', argon2id.replace('v=19', 'v=16')],
    ['an end of line after it', `${passlib}\n`],
    ['a space before it', ` ${django}`],
    ['a checksum that is too short', passlib.slice(0, -1)],
    ['a checksum that is too long', `${passlib}A`],
    ['a checksum with stray bits at its end', passlib.replace(/o$/, 'p')],
    ['padding', `${passlib}=`],
    ['base64 of the wrong kind', passlibUmlauts.replace('....', '++++')],
    ['a salt of an impossible length', passlib.replace('MDEy', 'MDE')],
    ['no rounds', passlib.replace('29000', '')],
    ['rounds with a sign', passlib.replace('29000', '+29000')],
    ['rounds that begin with a zero', passlib.replace('29000', '029000')],
    ['no salt in Django', django.replace('abcdefghijkl', '')],
    ['no passes', argon2id.replace('t=2', 't=0')],
    ['more lanes than the memory has room for', argon2id.replace('m=19456,t=2,p=1', 'm=31,t=2,p=4')],
    ['bcrypt below its least cost', bcrypt.replace('$05', '$03')],
  ])('does not read %s', (_, stored) => {
    expect(readPasswordHash(stored)).toBeNull();
  });

  it.each([
    ['PBKDF2 rounds', passlib.replace('29000', '2000000'), passlib.replace('29000', '2000001')],
    ["Django's rounds", django.replace('29000', '2000000'), django.replace('29000', '2000001')],
    [
      'salt of PBKDF2',
      passlib.replace('MDEy', 'MDEy'.repeat(17)),
      passlib.replace('MDEy', 'MDEy'.repeat(18)),
    ],
    ['memory', argon2id.replace('m=19456', 'm=262144'), argon2id.replace('m=19456', 'm=262145')],
    ['passes', argon2id.replace('t=2', 't=53'), argon2id.replace('t=2', 't=54')],
    ['lanes', argon2id.replace('p=1', 'p=99'), argon2id.replace('p=1', 'p=100')],
    [
      'salt of argon2id',
      argon2id.replace('MDEy', 'MDEy'.repeat(17)),
      argon2id.replace('MDEy', 'MDEy'.repeat(18)),
    ],
    ['bcrypt cost', bcrypt.replace('$05', '$14'), bcrypt.replace('$05', '$15')],
  ])('reads a string with the most %s that is allowed, and none with more', (_, most, more) => {
    expect(readPasswordHash(most)).not.toBeNull();
    expect(readPasswordHash(more)).toBeNull();
  });

  it('neither throws nor matches when a string is damaged anywhere', async () => {
    const hashes = [
      ['pässwörd', passlibUmlauts],
      ['Test1234', 'pbkdf2_sha256$1000$abcdefghijkl$Xtkxwjqlhpp4mIubfST6EJ6ilgt99Y/DI9LWcYol8Qk='],
      ['Test1234', cheapArgon2id],
      ['a'.repeat(72), bcryptOf72],
    ];
    const alphabet = '$=,./+0129aAzZ_-é\0\n ';
    for (const [password, stored] of hashes) {
      await expect(matches(password, stored)).resolves.toBe(true);
      for (const at of stored.split('').keys()) {
        const sign = alphabet[at % alphabet.length];
        const damaged = [
          stored.slice(0, at) + stored.slice(at + 1),
          stored.slice(0, at) + sign + stored.slice(at),
          stored.slice(0, at) + (stored[at] === sign ? 'x' : sign) + stored.slice(at + 1),
        ];
        for (const text of damaged.filter(isCheap)) {
          const outcome = await matches(password, text).catch((error: unknown) => error);
          expect([text, outcome]).toEqual([text, false]);
        }
      }
    }
  });
});

describe('hashes of other systems', () => {
  const password = 'pässwörd';

  it.each([
    [
      'argon2i',
      '$argon2i$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$m7Hlyn2wE1dqDi8EhaozzACkfU+26xSYPY6Q3SV9OfA',
    ],
    [
      'argon2d',
      '$argon2d$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$KFRf0vLNKZtoY8V73tBwDLPYIocDlD3pZyuyaZAa1/U',
    ],
    [
      'argon2 of Django',
      'argon2$argon2i$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$m7Hlyn2wE1dqDi8EhaozzACkfU+26xSYPY6Q3SV9OfA',
    ],
    ['bcrypt_sha256 of Django', 'bcrypt_sha256$$2y$04$5AhVvfwHH0zfLxoQFS3Lie8TOjEeRXa8TMHY65rCrIKZ2IzbOUHhC'],
    ['PBKDF2-SHA1 of Django', 'pbkdf2_sha1$1000$abcdefgh$/XhyKEsOm3jafAqVUkE6kaWeOJ4='],
    [
      'PBKDF2 of Werkzeug',
      'pbkdf2:sha256:1000$abcdefgh$4597dee4bfddd0bf33acc46989a9b984335e861785fdd70e888d97a103528ec4',
    ],
    [
      'PBKDF2-SHA256 of 64 bytes as a PHC string',
      '$pbkdf2-sha256$i=27500,l=64$MDEyMzQ1Njc4OWFiY2RlZg$hkgHAfRjWLgvT0p7XPRWf2mvfacagRkBUARnq6O3lTvfOX6IWMEQ1YIP5beeD9ZJ3vuHo6MYbIcF4JX9PMJvIw',
    ],
    [
      'PBKDF2-SHA512 as a PHC string',
      '$pbkdf2-sha512$i=210000,l=64$MDEyMzQ1Njc4OWFiY2RlZg$LLTU1VHnUBnYqtPRMnolubBN2agFPdQOj59ABCjovdp20Q24SdYFgTt1oZBj+HUCMwBGC+iAqzrOf9uKLZBI4g',
    ],
    [
      'scrypt of Werkzeug',
      'scrypt:32768:8:1$abcdefghABCDEFGH$c8921d044942c25d0d9e768d58aec03565713d632513a99b7eefda17f5b97ab7a047ab892853ccd12abe2aeda104708ae2118ef228d2830dbaf997f910a64559',
    ],
    [
      'scrypt of Django',
      'scrypt$16384$abcdefghABCDEFGHijklmn$8$1$HPWI6b8SO5qOMOCe9krcBZnjJqmpJjKX1xzQfimX5E3dTR4ErhFDcTfNI/x7rmCNWut0TVVhBdKQwxbjAB/75Q==',
    ],
    [
      'scrypt as a PHC string',
      '$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$c/Ff/FZHJVcPcdxVGxpTKlb8Ie9Nyc8d9/O8rlFZm2Q',
    ],
    [
      'scrypt of better-auth',
      '00112233445566778899aabbccddeeff:98019d8d367509640e45a459ea9b23f32452dd310114f46daee657ebe74a7fe5a2ba724b8382f9a2ef80cd44dd048eb79ff35d9db1d8dd22aeae2d681eb0962e',
    ],
    ['SHA-256 of Unix', '$5$saltstring$bWOoCRTKNT.aiY/gJjvk1HjBYuRpcYQmcc5hqf6H4T4'],
    [
      'SHA-256 of Unix with rounds',
      '$5$rounds=10000$saltstringsaltst$DhrNEPcQkZDZ6VvdYAHemPCfpSK.0kkrNtG/Y1wLlfD',
    ],
    ['SHA-256 of Unix without a salt', '$5$$mKQo8jxnSGdiQXLLbG6q6DWxJBvvxqZ7fk8JqDxTCx5'],
    [
      'SHA-512 of Unix',
      '$6$saltstring$6PSVl254uv0cWCoUS0qzSX5NenRA/YFCwPzGA9ONu.MmmxqXTWHerEzD8WyuBl3ukfIZZU9uxLD6Bn6p7S3rG.',
    ],
    [
      'SHA-512 of OpenLDAP with rounds',
      '{CRYPT}$6$rounds=1400$anotherlongsalts$PvxoJTmXveDTqoAtKdjfDTb9839NNbMeeVHeMRky7zZhRx5UG3mQfg9LT5cbklRT5ZxC6sJXmSNiHCq.mEK4y/',
    ],
    ['SSHA', '{SSHA}9ixn/ccCsZbR478pUk5e10R1uXlzYWx0c2FsdA=='],
    ['SSHA256', '{SSHA256}uLH7nJBoLEP4qrQ1Diy6xyxzqeOA/Zap8IeqYbbqcNtzYWx0c2FsdA=='],
    [
      'SSHA512',
      '{SSHA512}Et7L5C46xLW47tEx1wkQ0V9q90jW7Ixrnzsp1AcnLS6Y4m4klaN0r/zzLPbVeSAF3tffcr3Opv+E2/pw6aIYN3NhbHRzYWx0',
    ],
  ])('match the right password of %s and no other, in whatever Unicode form', async (_, stored) => {
    await expect(matches(password, stored)).resolves.toBe(true);
    await expect(matches(password.normalize('NFD'), stored)).resolves.toBe(true);
    for (const wrong of ['', 'passwörd', `${password} `, `${password}${password}`])
      await expect(matches(wrong, stored)).resolves.toBe(false);
  });

  it.each([
    [
      'Firebase (its published example)',
      'user1password',
      '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
    ],
    [
      'Passlib (a vector of its tests)',
      'password',
      '$bcrypt-sha256$v=2,t=2b,r=5$5Hg1DKFqPE8C2aflZ5vVoe$wOK1VFFtS8IGTrGa7.h5fs0u84qyPbS',
    ],
    ['bcrypt $2x$, where ASCII is as in the others', 'U*U', bcrypt.replace('2a', '2x')],
  ])('match the password of %s', async (_, right, stored) => {
    await expect(matches(right, stored)).resolves.toBe(true);
    await expect(matches(`${right}!`, stored)).resolves.toBe(false);
  });

  it('match what the sign of bytes spoiled in $2x$ (vectors of crypt_blowfish)', async () => {
    const hash = '$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e';
    await expect(verifyBcrypt(signExtendedKey(Buffer.from([0xa3])), hash)).resolves.toBe(true);
    await expect(verifyBcrypt(signExtendedKey(Buffer.from([0xff, 0xff, 0xa3])), hash)).resolves.toBe(true);
    await expect(verifyBcrypt(Buffer.from([0xa3]), hash)).resolves.toBe(false);
  });

  it.each([
    ['scrypt memory', 'scrypt:262144:8:1', 'scrypt:524288:8:1'],
    ['scrypt lanes', 'scrypt:32768:8:8', 'scrypt:32768:8:9'],
  ])('are read with the most %s that is allowed, and not with more', (_, most, more) => {
    const rest = `$salt$${'ab'.repeat(64)}`;
    expect(readPasswordHash(most + rest)).not.toBeNull();
    expect(readPasswordHash(more + rest)).toBeNull();
  });

  it.each([
    ['fewer rounds of SHA-crypt than it has', `$6$rounds=999$salt$${'a'.repeat(86)}`],
    ['more rounds of SHA-crypt than a second', `$6$rounds=700001$salt$${'a'.repeat(86)}`],
    ['a checksum of the wrong length', `$5$salt$${'a'.repeat(86)}`],
    ['scrypt of no power of two', `scrypt:32767:8:1$salt$${'ab'.repeat(64)}`],
    [
      'rounds of a long checksum beyond a second',
      `$pbkdf2-sha256$i=1000001,l=64$${'a'.repeat(22)}$${'A'.repeat(86)}`,
    ],
    ['SSHA without a salt', '{SSHA}9ixn/ccCsZbR478pUk5e10R1uXk='],
    ['a digest without a salt', '{SHA}9ixn/ccCsZbR478pUk5e10R1uXk='],
    [
      'a signer key of another length',
      '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9A==',
    ],
    [
      'more than the column takes',
      `$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=${'a'.repeat(88)}$${'a'.repeat(88)}$${'a'.repeat(88)}`,
    ],
    ['megabytes', `${passlib}${'a'.repeat(2 ** 20)}`],
  ])('are not read with %s', (_, stored) => {
    expect(readPasswordHash(stored)).toBeNull();
  });
});

describe('hashSchemes', () => {
  it.each([
    ['argon2id', /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/],
    ['pbkdf2-sha256', /^\$pbkdf2-sha256\$600000\$[A-Za-z0-9./]{22}\$[A-Za-z0-9./]{43}$/],
  ] as const)(
    'makes %s strings that other libraries read, each with a salt of its own',
    async (name, format) => {
      const scheme = hashSchemes[name];
      const [first, second] = [await scheme.hash('Pässwörd1'), await scheme.hash('Pässwörd1')];
      expect(first).toMatch(format);
      expect(first.startsWith(scheme.prefix)).toBe(true);
      expect(second).not.toBe(first);

      await expect(matches('Pässwörd1', first)).resolves.toBe(true);
      await expect(matches('Pässwörd1'.normalize('NFD'), first)).resolves.toBe(true);
      await expect(matches('Passwörd1', first)).resolves.toBe(false);
    },
  );

  it.each(['argon2id', 'pbkdf2-sha256'] as const)(
    'counts every byte of a long password in %s',
    async (name) => {
      const stored = await hashSchemes[name].hash('😀'.repeat(128));
      await expect(matches('😀'.repeat(128), stored)).resolves.toBe(true);
      await expect(matches('😀'.repeat(127) + '😁', stored)).resolves.toBe(false);
    },
  );

  it.each(['argon2id', 'pbkdf2-sha256'] as const)(
    'spends even the least share of a hash of %s',
    async (name) => {
      await expect(hashSchemes[name].spend(Number.MIN_VALUE)).resolves.toBeDefined();
    },
  );
});

/** Damage to the figures can make a check slow, which the limits above are about. */
function isCheap(stored: string): boolean {
  return !/256\$\d{6}|\$2.\$(0[6-9]|1)|m=\d{5}|t=\d{4}/.test(stored);
}
