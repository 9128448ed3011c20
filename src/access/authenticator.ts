import type { TokenHolder } from './principal.js';
import { DEFAULT_REAUTHENTICATION_TTL } from './recent-sign-in.js';

/**
 * Authenticates access tokens for the guards. An application with accounts and a verifier each provide an
 * implementation.
 */
export abstract class Authenticator {
  /** Seconds for which a sign-in counts as recent. */
  readonly reauthenticationTtl: number = DEFAULT_REAUTHENTICATION_TTL;
  /** Whether accounts can have second factors. */
  readonly hasSecondFactors: boolean = true;

  /**
   * Returns the holder of a token that was authenticated before and is still valid, from memory and without waiting.
   *
   * @returns `undefined` for any other token; call {@link authenticate} for it. The default implementation remembers
   *   nothing.
   */
  recall(_accessToken: string): TokenHolder | undefined {
    return undefined;
  }

  /**
   * Authenticates an access token.
   *
   * @throws {InvalidTokenError} unless the token is genuine and unexpired, and its session has not ended.
   */
  abstract authenticate(accessToken: string): Promise<TokenHolder>;
}
