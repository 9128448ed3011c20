import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { MAX_TOKEN_LENGTH } from '../../http/input/max-length.js';
import { NotAuthenticatedError } from '../access.errors.js';
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

/**
 * Accepts requests with a valid access token as {@link bearerToken}.
 *
 * The {@link Authenticator} verifies the token. passport-jwt's own verification accepts tokens without `exp`,
 * of another type and with unknown `crit` headers, and its verifier is static, so replacing it would replace
 * the host's as well.
 *
 * It has no state: with two applications in one process, passport finds the strategy registered last, so the
 * guard passes the authenticator with each request.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy, JWT_STRATEGY) {
  constructor() {
    super({
      jwtFromRequest: bearerToken,
      secretOrKeyProvider: (_request: unknown, _token: string, done: (error: Error) => void) =>
        done(new NotAuthenticatedError()),
    });
  }

  override authenticate(request: BearerRequest, { authenticator }: { authenticator: Authenticator }): void {
    const token = bearerToken(request);
    if (token) void this.check(token, authenticator);
    else this.error(new NotAuthenticatedError());
  }

  private async check(token: string, authenticator: Authenticator): Promise<void> {
    try {
      this.success(await authenticator.authenticate(token));
    } catch (error) {
      this.error(error as Error);
    }
  }

  /** Never called, since {@link authenticate} does all the work; required by the mixin. */
  validate(holder: TokenHolder): TokenHolder {
    return holder;
  }
}
