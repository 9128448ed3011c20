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

  it.each(['argon2id', 'pbkdf2-sha256'] as const)('spends even one step of a hash of %s', async (name) => {
    await expect(hashSchemes[name].spend(1)).resolves.toBeDefined();
  });
});

/** Damage to the figures can make a check slow, which the limits above are about. */
function isCheap(stored: string): boolean {
  return !/256\$\d{6}|\$2.\$(0[6-9]|1)|m=\d{5}|t=\d{4}/.test(stored);
}
