import { Problem } from '../http/problem/problem.js';

/** No access token was sent (in this case, RFC 6750, 3.1 requires a response without an error code). */
export class NotAuthenticatedError extends Problem {
  constructor() {
    super(401, 'not-authenticated', 'Not authenticated', { headers: { 'WWW-Authenticate': 'Bearer' } });
  }
}

/**
 * The access token is not genuine or has expired, its session has ended, or its user is inactive or deleted.
 */
export class InvalidTokenError extends Problem {
  constructor(cause?: unknown) {
    super(401, 'invalid-token', 'Invalid or expired token', {
      headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
      cause,
    });
  }
}

/** The user is signed in, but the role lacks a permission that the operation requires. */
export class InsufficientPermissionError extends Problem {
  constructor(permissions: readonly string[]) {
    super(403, 'insufficient-permission', `Operation requires the permission: ${permissions.join(', ')}`, {
      headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' },
    });
  }
}

/** The user is signed in, but has none of the roles that the operation requires. */
export class InsufficientRoleError extends Problem {
  constructor(roles: readonly string[]) {
    super(403, 'insufficient-role', `Operation requires one of the following roles: ${roles.join(', ')}`, {
      headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' },
    });
  }
}
