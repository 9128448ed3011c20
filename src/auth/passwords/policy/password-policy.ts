import { dictionary } from '@zxcvbn-ts/language-common';
import type { PasswordPolicyName } from '../../../settings/auth-options.js';

/** Why a new password is refused. */
export interface PasswordProblem {
  /** For programs; never changes. */
  code:
    | 'password_too_short'
    | 'password_too_long'
    | 'password_needs_upper'
    | 'password_needs_lower'
    | 'password_needs_digit'
    | 'password_too_common'
    | 'password_is_personal';
  /** One sentence for people. */
  msg: string;
}

/** What a new password is held against. */
export interface PasswordContext {
  policy: PasswordPolicyName;
  /** The user's name, if it is known. */
  username?: string;
  /** The user's email address, if it is known. */
  email?: string;
}

const MIN_LENGTH = { classic: 8, nist: 15 }; // as in the original; NIST SP 800-63B-4, 3.1.1.2
const MAX_LENGTH = 128;

/** UTF-16 units beyond which nothing looks at a password: {@link MAX_LENGTH} code points take no more before NFC. */
export const MAX_PASSWORD_LENGTH = 4 * MAX_LENGTH;

export const TOO_LONG: PasswordProblem = {
  code: 'password_too_long',
  msg: `The password must be at most ${MAX_LENGTH} characters long.`,
};

// 49 000 of the most used, in lower case; 18 000 of them have 8 characters or more.
const commonPasswords: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/**
 * Says everything that speaks against a new password, or nothing. Lengths are in code points after NFC; the list of
 * common passwords and the user's own names are compared with the whole password, whatever the case.
 */
export function passwordProblems(
  password: string,
  { policy, username, email }: PasswordContext,
): PasswordProblem[] {
  if (password.length > MAX_PASSWORD_LENGTH) return [TOO_LONG];
  const typed = password.normalize('NFC');
  const folded = fold(password);
  const length = Array.from(typed).length;
  const composed = policy === 'classic';
  const personal = [username, email, email?.split('@', 1)[0]]
    .filter((name) => name && name.length <= MAX_PASSWORD_LENGTH)
    .map((name) => fold(name as string));

  const rules: [refused: boolean, code: PasswordProblem['code'], msg: string][] = [
    [
      length < MIN_LENGTH[policy],
      'password_too_short',
      `The password must be at least ${MIN_LENGTH[policy]} characters long.`,
    ],
    [length > MAX_LENGTH, TOO_LONG.code, TOO_LONG.msg],
    [
      composed && !/\p{Lu}/u.test(typed),
      'password_needs_upper',
      'The password must contain an uppercase letter.',
    ],
    [
      composed && !/\p{Ll}/u.test(typed),
      'password_needs_lower',
      'The password must contain a lowercase letter.',
    ],
    [composed && !/\p{Nd}/u.test(typed), 'password_needs_digit', 'The password must contain a digit.'],
    [commonPasswords.has(folded), 'password_too_common', 'This password is too common and easy to guess.'],
    [
      personal.includes(folded),
      'password_is_personal',
      'The password must not be the username, the email address, or the part before the @.',
    ],
  ];
  return rules.filter(([refused]) => refused).map(([, code, msg]) => ({ code, msg }));
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
