/**
 * The strategy `astra-jwt`: passport-jwt's, which reads the token of a request and asks {@link JwtStrategy.validate} for its
 * holder, except that passport-jwt does not verify the token itself. It hands every token to jsonwebtoken, which
 *
 * - does not know EdDSA, an algorithm of Astra's keys;
 * - accepts tokens without `exp`, of another type (`typ`) and with unknown `crit` headers;
 * - cannot be replaced for one strategy: the verifier is a static of the class, so the host's strategies would lose theirs.
 *
 * So the {@link Authenticator}, which WebSocket and GraphQL callers use as well, verifies the token and finds the holder.
 *
 * Known tokens do not come this far: {@link JwtGuard} admits a token that was verified before and is still valid from
 * memory, because passport alone takes a third of the CPU time of a request.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { MAX_TOKEN_LENGTH } from '../../http/input/max-length.js';
import { InvalidTokenError, NotAuthenticatedError } from '../access.errors.js';
import type { Authenticator } from '../authenticator.js';
import type { TokenHolder } from '../principal.js';

/** Unique name: passport has one registry per process, and a second `jwt` would replace the host's. */
export const JWT_STRATEGY = 'astra-jwt';

/** Request with a token, on Fastify and on Express. */
export interface BearerRequest {
  headers: IncomingHttpHeaders;
}

/**
 * Returns the token of `Authorization: Bearer` (RFC 6750, 2.1); `null` if there is none.
 *
 * @returns everything after the scheme, so that additional text makes the token invalid. passport-jwt's own
 * extractor would take the first word and ignore the rest.
 */
export function bearerToken({ headers }: BearerRequest): string | null {
  // A longer token is not ours; after the cut it is still too long to be accepted.
  const start = headers.authorization?.slice(0, 2 * MAX_TOKEN_LENGTH) ?? '';
  return /^Bearer +(.+)$/i.exec(start)?.[1] ?? null;
}

/** Accepts requests with a valid access token. The head of this file says how it differs from passport-jwt. */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, JWT_STRATEGY) {
  constructor() {
    super({
      jwtFromRequest: bearerToken,
      // Without a key, passport-jwt itself accepts no token.
      secretOrKeyProvider: (_request: unknown, _token: string, done: (error: Error) => void) =>
        done(new InvalidTokenError()),
    });
  }

  /**
   * @param options.authenticator - Authenticator of the application that received the request. Passport has one registry
   *   per process, so with two applications the strategy may be that of the other one.
   */
  override authenticate(request: BearerRequest, { authenticator }: { authenticator: Authenticator }): void {
    const token = bearerToken(request);
    if (!token) return this.fail(new NotAuthenticatedError(), 401);
    this.validate(token, authenticator)
      .then((holder) => this.success(holder))
      .catch((error: Error) => this.error(error));
  }

  /**
   * Finds the holder of an access token.
   *
   * @throws {InvalidTokenError} unless the token is genuine and unexpired, and its session has not ended.
   */
  validate(token: string, authenticator: Authenticator): Promise<TokenHolder> {
    return authenticator.authenticate(token);
  }
}
