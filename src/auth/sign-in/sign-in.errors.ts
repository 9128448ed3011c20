import { Problem } from '../../http/problem/problem.js';

/** The password is right, but the account is deactivated. */
export class InactiveUserError extends Problem {
  constructor() {
    super(403, 'inactive-user', 'User account is inactive');
  }
}

/** The password is right, but the email address is not verified yet, which the settings require. */
export class EmailNotVerifiedError extends Problem {
  constructor() {
    super(403, 'email-not-verified', 'Email address is not verified');
  }
}
