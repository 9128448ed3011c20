import type { Permission, RoleName } from '../settings/roles-option.js';

/**
 * Key of the {@link Principal} in a request. Being a symbol, it cannot be set by a message. `user` is left to
 * the host's own guards.
 */
export const PRINCIPAL = Symbol('astra:principal');

/** Request, or connection, accepted by one of Astra's guards. */
export interface AuthenticatedRequest {
  /** `null` if nobody is signed in and authentication is optional. */
  [PRINCIPAL]?: TokenHolder | null;
}

/** Holder of an access token, as far as the token itself tells. */
export interface TokenHolder {
  readonly userId: string;
  /** Session of the access token; `null` for an API key. */
  readonly sessionId: string | null;
  /** API key that was sent instead of an access token; otherwise `null`. */
  readonly apiKeyId: string | null;
  /** Scopes of the API key; `null` for a session, which may do all that the role permits. */
  readonly scopes: readonly string[] | null;
  /**
   * From the database in an application with the accounts; in a verifier, from the token, which is not
   * revoked.
   */
  readonly role: RoleName;
  /** Permissions of the role, from the option `roles`. */
  readonly permissions: readonly Permission[];
  /** Proofs of the sign-in, such as `pwd` and `otp` (RFC 8176). Empty if unknown. */
  readonly methods: readonly string[];
  /**
   * Time of the last proof; in a verifier, of the last proof when the token was issued. `null` if unknown, such as for a
   * token of another service.
   */
  readonly authenticatedAt: Date | null;
  /** Time of the last second factor; `null` if the session has none. */
  readonly secondFactorAt: Date | null;
}

/** Signed-in user who makes the request, with at most a moment of delay. */
export interface Principal extends TokenHolder {
  readonly username: string;
  /** `null` for a service account. */
  readonly email: string | null;
  readonly emailVerified: boolean;
  /** `null` if not set. */
  readonly fullName: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Caller on a route that accepts no API keys, which is every route without `@Scopes()`. */
export interface SessionHolder extends TokenHolder {
  readonly sessionId: string;
  readonly apiKeyId: null;
  readonly scopes: null;
}

/** Signed-in user on a route that accepts no API keys. */
export type SessionPrincipal = Principal & SessionHolder & { readonly email: string };
