import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { readPasswordHash } from '../password-hash.js';
import { signExtendedKey } from './bcrypt.js';

const passlib = '$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$jIldYQmJou8nVLx7UOmlHKx5vTMrXVZjEPoQLy4grro';
const bcrypt = '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'; // a vector of crypt_blowfish

async function matches(password: string, stored: string): Promise<boolean> {
  return (await readPasswordHash(stored)?.(password)) ?? false;
}

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
