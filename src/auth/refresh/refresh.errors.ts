import { Problem } from '../../http/problem/problem.js';

/** The request would use the refresh cookie, but does not come from an allowed page. */
export class CrossSiteRequestError extends Problem {
  constructor() {
    super(403, 'cross-site-request', 'This request must come from a page of an allowed origin');
  }
}

/**
 * The refresh token is not genuine, expired or used before, or its session has ended; the error does not
 * reveal which.
 */
export class InvalidRefreshTokenError extends Problem {
  constructor() {
    super(401, 'invalid-refresh-token', 'Invalid or expired refresh token');
  }
}
