import { Problem } from '../http/problem/problem.js';
import type { SignInRequirement } from './recent-sign-in.js';

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

/**
 * The user is signed in, but has to prove again who it is, or with a second factor (RFC 9470).
 */
export class ReauthenticationRequiredError extends Problem {
  constructor({ within, factors }: SignInRequirement) {
    const challenge = [
      'Bearer error="insufficient_user_authentication"',
      ...(factors === 2 ? ['acr_values="aal2"'] : []),
      ...(within === Infinity ? [] : [`max_age="${within}"`]),
    ].join(', ');
    const what =
      factors === 2 ? 'Confirm your identity with a second factor first' : 'Confirm your identity first';
    super(401, 'reauthentication-required', what, { headers: { 'WWW-Authenticate': challenge } });
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

/** An API key was sent to a route that accepts none, or for a change that no key may make. */
export class ApiKeyNotAcceptedError extends Problem {
  constructor() {
    super(403, 'api-key-not-accepted', 'This operation does not accept API keys', {
      headers: { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' },
    });
  }
}

/** The API key lacks a scope that the operation requires (RFC 6750, 3.1). */
export class InsufficientScopeError extends Problem {
  constructor(scopes: readonly string[]) {
    super(403, 'insufficient-scope', `Operation requires an API key with the scope: ${scopes.join(', ')}`, {
      headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"` },
    });
  }
}

/** An access token and an API key were sent at once (RFC 6750, 3.1: more than one method). */
export class AmbiguousCredentialsError extends Problem {
  constructor() {
    super(400, 'ambiguous-credentials', 'Send either an access token or an API key', {
      headers: { 'WWW-Authenticate': 'Bearer error="invalid_request"' },
    });
  }
}
