import type { Client } from '../http/request/client.js';
import type { TokenHolder } from './principal.js';

/**
 * Authenticates API keys for the guards. An application with the feature `apiKeys` provides an implementation; where there is
 * none, keys are refused like any other text that is no access token.
 */
export abstract class ApiKeyAuthenticator {
  /** Returns whether a bearer token is meant as an API key. */
  abstract claims(token: string): boolean;

  /**
   * Authenticates an API key.
   *
   * @throws {InvalidTokenError} unless the key is live, and its user is active.
   */
  abstract authenticate(token: string): Promise<TokenHolder>;

  /**
   * Counts a request with an authenticated key against its limit, and remembers the use.
   *
   * @param client - `null` for a message on a connection.
   * @returns the header fields of the limit.
   * @throws {TooManyRequestsError} if the limit is exceeded.
   */
  abstract use(holder: TokenHolder, client: Client | null): Promise<Record<string, string>>;
}
