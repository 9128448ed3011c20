import { Problem } from '../../../http/problem/problem.js';

/** There is no passkey with this id any longer. A page can tell the authenticator to hide it. */
export class UnknownPasskeyError extends Problem {
  constructor() {
    super(401, 'unknown-passkey', 'This passkey is not known here');
  }
}

/** A passkey was refused; the caller is not told why. */
export class InvalidPasskeyError extends Problem {
  constructor() {
    super(401, 'invalid-passkey', 'The passkey was not accepted');
  }
}

/** The options of a registration expired, were used, or were issued to another session. */
export class ChallengeExpiredError extends Problem {
  constructor() {
    super(400, 'challenge-expired', 'This took too long, please try again');
  }
}

/** The user has as many passkeys as possible. */
export class TooManyPasskeysError extends Problem {
  /** @param max - Number of passkeys that a user can have. */
  constructor(max: number) {
    super(409, 'too-many-passkeys', `You can have at most ${max} passkeys`);
  }
}

/** The passkey is registered already, for this or another account. */
export class PasskeyExistsError extends Problem {
  constructor() {
    super(409, 'passkey-exists', 'This passkey is already registered');
  }
}
