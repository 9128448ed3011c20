import type { TokenHolder } from './principal.js';

/** Finds out who holds an access token. The guards ask it; `auth` answers. */
export abstract class Authenticator {
  /**
   * Finds out at once, from memory, who holds a token that was authenticated before and is still good.
   *
   * @returns `undefined` for any other token, good or not: that is for {@link authenticate} to say. By default for all.
   */
  recall(_accessToken: string): TokenHolder | undefined {
    return undefined;
  }

  /** @throws {InvalidTokenError} (it rejects) unless the token is genuine and its session lives. */
  abstract authenticate(accessToken: string): Promise<TokenHolder>;
}
