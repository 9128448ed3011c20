import { Problem } from '../../http/problem/problem.js';

/** The password is correct, but the account is deactivated. */
export class InactiveUserError extends Problem {
  constructor() {
    super(403, 'inactive-user', 'User account is inactive');
  }
}

/** The password is correct, but the email address is not verified, which the settings require. */
export class EmailNotVerifiedError extends Problem {
  constructor() {
    super(403, 'email-not-verified', 'Email address is not verified');
  }
}
