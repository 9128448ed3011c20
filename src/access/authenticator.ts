import type { TokenHolder } from './principal.js';

/** Finds out who holds an access token. The guards ask it; `auth` answers. */
export abstract class Authenticator {
  /**
   * Answers at once, without a promise, where nothing has to be looked up: this runs on every request.
   *
   * @throws {InvalidTokenError} (or rejects with it) unless the token is genuine and its session lives.
   */
  abstract authenticate(accessToken: string): TokenHolder | Promise<TokenHolder>;
}
