import { dictionary } from '@zxcvbn-ts/language-common';
import { passwordProblems } from './password-policy.js';

const classic = { policy: 'classic' } as const;
const nist = { policy: 'nist' } as const;

function codes(...input: Parameters<typeof passwordProblems>): string[] {
  return passwordProblems(...input).map(({ code }) => code);
}

describe('passwordProblems', () => {
  it.each([
    ['Tr0ubador', []],
    ['Tr0ubad', ['password_too_short']],
    ['tr0ubador', ['password_needs_upper']],
    ['TR0UBADOR', ['password_needs_lower']],
    ['Troubador', ['password_needs_digit']],
    ['tr', ['password_too_short', 'password_needs_upper', 'password_needs_digit']],
    ['', ['password_too_short', 'password_needs_upper', 'password_needs_lower', 'password_needs_digit']],
    ['Öffnung٣', []],
    ['Ⅷ Ⓐ ª ½ x²', ['password_needs_upper', 'password_needs_digit']],
    ['correct horse battery staple', ['password_needs_upper', 'password_needs_digit']],
  ])('asks of %j in classic: %j', (password, expected) => {
    expect(codes(password, classic)).toEqual(expected);
  });

  it.each([
    ['correct horse battery staple', []],
    ['correct horse!', ['password_too_short']],
    ['correct horse!!', []],
    ['Qwertyuiop1234567890', []],
    ['123456789QWERTY', ['password_too_common']],
  ])('asks of %j in nist: %j', (password, expected) => {
    expect(codes(password, nist)).toEqual(expected);
  });

  it.each([
    ['letters', 'Aa1', 'x'],
    ['emoji, each one code point', 'Aa1', '😀'],
    ['letters that NFC composes', 'Aa1', 'é'.normalize('NFD')],
    ['combining marks that nothing composes', 'Aa1', '\u0338'],
  ])('counts %s', (_, start, sign) => {
    expect(codes(start + sign.repeat(4), classic)).toEqual(['password_too_short']);
    expect(codes(start + sign.repeat(5), classic)).toEqual([]);
    expect(codes(start + sign.repeat(125), classic)).toEqual([]);
    expect(codes(start + sign.repeat(126), classic)).toEqual(['password_too_long']);
    expect(codes('y'.repeat(3) + sign.repeat(125), nist)).toEqual([]);
    expect(codes('y'.repeat(3) + sign.repeat(126), nist)).toEqual(['password_too_long']);
  });

  it.each([
    'Password1',
    'password1',
    'Qwerty123',
    'qWERTY123',
    'Welcome1',
    'Iloveyou1',
    'Passw0rd',
    '1q2w3e4r',
  ])('refuses %s as common, whatever its case', (password) => {
    expect(codes(password, classic)).toContain('password_too_common');
  });

  it('does not refuse a password because a common one is a part of it', () => {
    expect(codes('Qwerty123 & a horse', classic)).toEqual([]);
  });

  it('knows at least ten thousand common passwords that are long enough to be tried', () => {
    const long = dictionary['passwords-common'].filter((password) => password.length >= 8);
    expect(long.length).toBeGreaterThanOrEqual(10_000);
    const missed = long.filter(
      (password) => !codes(password.toUpperCase(), classic).includes('password_too_common'),
    );
    expect(missed).toEqual([]);
  });

  it.each(['Ada.Lovelace1', 'ADA.LOVELACE1', 'Countess.1815@Example.com', 'countess.1815'])(
    "refuses %s, which is the user's own name or address",
    (password) => {
      const ada = { username: 'ada.lovelace1', email: 'Countess.1815@example.com' };
      expect(codes(password, { ...classic, ...ada })).toContain('password_is_personal');
      expect(codes(password, classic)).not.toContain('password_is_personal');
    },
  );

  it.each(['Ada.Lovelace12', 'Example.com1', '@Example.com1'])(
    'does not take %s for the name itself',
    (password) => {
      const ada = { username: 'ada.lovelace1', email: 'Countess.1815@example.com' };
      expect(codes(password, { ...classic, ...ada })).toEqual([]);
    },
  );

  it('says in a sentence what would be right', () => {
    expect(passwordProblems('Short1x', classic)).toEqual([
      { code: 'password_too_short', msg: 'The password must be at least 8 characters long.' },
    ]);
    expect(passwordProblems('Short1x', nist)[0].msg).toBe(
      'The password must be at least 15 characters long.',
    );
    const all = ['\n'.repeat(129), 'letmein'].flatMap((password) =>
      passwordProblems(password, { ...classic, username: 'letmein' }),
    );
    expect(new Set(all.map(({ code }) => code)).size).toBe(7);
    for (const { msg } of all) expect(msg).toMatch(/^[AT]\w* .+\.$/);
    expect(all[0].msg).toBe('The password must be at most 128 characters long.');
  });
});
