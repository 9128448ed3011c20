import { Problem } from '../problem/problem.js';

/** Another account has the username, in whatever case. */
export class UsernameTakenError extends Problem {
  constructor() {
    super(409, 'username-taken', 'Username already registered');
  }
}

/** Another account has the address, in whatever case. */
export class EmailTakenError extends Problem {
  constructor() {
    super(409, 'email-taken', 'Email already registered');
  }
}

/** Without this account there would be no active administrator. */
export class LastAdminError extends Problem {
  constructor() {
    super(409, 'last-admin', 'There must be at least one active admin');
  }
}
