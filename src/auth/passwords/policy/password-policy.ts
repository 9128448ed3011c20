import { dictionary } from '@zxcvbn-ts/language-common';
import type { PasswordPolicyName } from '../../../settings/astra-options.js';

/** Reason why a new password is not allowed. */
export interface PasswordProblem {
  /** Code for programs; never changes. */
  code:
    | 'password_too_short'
    | 'password_too_long'
    | 'password_needs_upper'
    | 'password_needs_lower'
    | 'password_needs_digit'
    | 'password_too_common'
    | 'password_is_personal';
  /** Sentence for users. */
  msg: string;
}

/** Policy and names that a new password is checked against. */
export interface PasswordContext {
  policy: PasswordPolicyName;
  /** Username, if known. */
  username?: string;
  /** Email address, if known. */
  email?: string;
}

const MIN_LENGTH = { classic: 8, nist: 15 }; // classic: as in the FastAPI original; nist: NIST SP 800-63B-4, 3.1.1.2
/** Maximum length of a password in code points after NFC. */
const MAX_LENGTH = 128;

/**
 * Length in UTF-16 units above which a password is rejected unread: {@link MAX_LENGTH} code points take fewer before
 * NFC.
 */
export const MAX_PASSWORD_LENGTH = 4 * MAX_LENGTH;

/** Violation that is also reported for passwords that are rejected unread. */
export const TOO_LONG: PasswordProblem = {
  code: 'password_too_long',
  msg: `The password must be at most ${MAX_LENGTH} characters long.`,
};

// The 49,000 most common passwords in lowercase; 18,000 of them have 8 characters or more.
const commonPasswords: ReadonlySet<string> = new Set(dictionary['passwords-common']);

/**
 * Returns all reasons why a new password is not allowed; empty if it is allowed. Lengths are in code points after NFC.
 * The list of common passwords and the user's names are compared with the whole password, ignoring case.
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

/** Ignores case, and the difference between composed and decomposed characters. */
function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
