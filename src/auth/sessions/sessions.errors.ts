import { Problem } from '../../problem/problem.js';

/** The username or the password is wrong; the caller is not told which. */
export class InvalidCredentialsError extends Problem {
  constructor() {
    super(401, 'invalid-credentials', 'Incorrect username or password');
  }
}

/** The password is right, but the account is deactivated. */
export class InactiveUserError extends Problem {
  constructor() {
    super(403, 'inactive-user', 'User account is inactive');
  }
}

/** The password is right, but the address was not verified yet, which the settings require. */
export class EmailNotVerifiedError extends Problem {
  constructor() {
    super(403, 'email-not-verified', 'Email address is not verified');
  }
}

/** The request is to use the cookie with the refresh token, but does not come from a page that may. */
export class CrossSiteRequestError extends Problem {
  constructor() {
    super(403, 'cross-site-request', 'This request must come from a page of an allowed origin');
  }
}

/** The refresh token is not genuine, expired or used before, or its session has ended; the caller is not told which. */
export class InvalidRefreshTokenError extends Problem {
  constructor() {
    super(401, 'invalid-refresh-token', 'Invalid or expired refresh token');
  }
}
