import { Problem } from '../http/problem/problem.js';

/** Another account has the username (not case-sensitive). */
export class UsernameTakenError extends Problem {
  constructor() {
    super(409, 'username-taken', 'Username already registered');
  }
}

/** Another account has the email address (not case-sensitive). */
export class EmailTakenError extends Problem {
  constructor() {
    super(409, 'email-taken', 'Email already registered');
  }
}

/** A program uses the account, with API keys only: it has no email address, no password, and no sessions. */
export class ServiceAccountError extends Problem {
  constructor() {
    super(409, 'service-account', 'A service account has neither an email address nor a password');
  }
}

/** Without this account, there would be no active admin. */
export class LastAdminError extends Problem {
  constructor() {
    super(409, 'last-admin', 'There must be at least one active admin');
  }
}

/** The email address is not verified, which the settings require for this. */
export class EmailNotVerifiedError extends Problem {
  constructor() {
    super(403, 'email-not-verified', 'Email address is not verified');
  }
}
