import { Problem } from '../../http/problem/problem.js';

/** Seconds after which a client should try a provider again. */
const RETRY_AFTER = 5;

/** The provider cannot be reached, or does not answer as it should. Other ways to sign in are not affected. */
export class ProviderUnavailableError extends Problem {
  constructor() {
    super(503, 'provider-unavailable', 'The provider cannot be reached. Try again, or sign in another way.', {
      headers: { 'Retry-After': String(RETRY_AFTER) },
    });
  }
}

/** The user, or the provider, has refused the sign-in, or the account is none of those that may sign in here. */
export class AccessDeniedError extends Problem {
  constructor() {
    super(403, 'access-denied', 'The sign-in was cancelled, or this account may not be used here.');
  }
}

/** An ID token was refused; the caller is not told why. */
export class InvalidIdTokenError extends Problem {
  constructor() {
    super(401, 'invalid-id-token', 'The ID token was not accepted.');
  }
}

/**
 * The state of a response of a provider is missing, expired, used, of another browser or of another provider; the error does
 * not say which.
 */
export class InvalidStateError extends Problem {
  constructor() {
    super(400, 'invalid-state', 'This sign-in was not begun in this browser, or has expired. Begin again.');
  }
}

/** The provider refuses the code of its own response: it was used, or is of another provider. */
export class CodeRefusedError extends Problem {
  constructor() {
    super(401, 'invalid-sign-in', 'This sign-in has expired or was already used. Sign in again.');
  }
}

/** The identity belongs to another account. */
export class IdentityTakenError extends Problem {
  constructor() {
    super(409, 'identity-taken', 'This identity is connected to another account.');
  }
}
