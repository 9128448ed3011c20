import { Problem } from '../../problem/problem.js';

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
