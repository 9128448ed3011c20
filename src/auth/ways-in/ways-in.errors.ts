import { Problem } from '../../http/problem/problem.js';

/** Ways that cannot be removed, each with the sentence that says what to add first. */
const missing = {
  passkey: 'This is your only way to sign in. Add a password or another passkey first',
  identity: 'This is your only way to sign in. Add a password or a passkey first',
  password: 'The password is your only way to sign in. Add a passkey that asks for a PIN or biometrics first',
  'password-beside-one-device':
    'Your only passkey is bound to one device. Add a second passkey or create recovery codes first',
} as const;

/**
 * The user could no longer sign in, or could not after the loss of one device. The last way to sign in is kept, also if
 * several are removed at the same time.
 */
export class LastSignInMethodError extends Problem {
  /** @param kept - Way that cannot be removed. */
  constructor(kept: keyof typeof missing) {
    super(409, 'last-sign-in-method', missing[kept]);
  }
}

/** The account has a password, which is changed with the current one or after a recent sign-in, and not added. */
export class PasswordExistsError extends Problem {
  constructor() {
    super(409, 'password-exists', 'You already have a password. Change it instead');
  }
}
