import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { MAX_TOKEN_LENGTH } from '../problem/max-length.js';
import { NotAuthenticatedError } from './access.errors.js';
import type { Authenticator } from './authenticator.js';
import type { TokenHolder } from './principal.js';

/** The name is ours alone: passport has one registry a process, and a second `jwt` would replace the host's. */
export const JWT_STRATEGY = 'astra-jwt';

/** What a token is read from, on Fastify as on Express. */
export interface BearerRequest {
  headers: IncomingHttpHeaders;
}

/**
 * Finds the token of `Authorization: Bearer` (RFC 6750, 2.1); `null` if there is none.
 *
 * @returns all that stands after the scheme: something beside the token makes it one that nobody issued. passport-jwt's
 *   own extractor would take the first word and leave the rest.
 */
export function bearerToken({ headers }: BearerRequest): string | null {
  // What is longer is no token of ours; cut, it is still too long for one.
  const start = headers.authorization?.slice(0, 2 * MAX_TOKEN_LENGTH) ?? '';
  return /^Bearer +(.+)$/i.exec(start)?.[1] ?? null;
}

/**
 * Lets in who sends a live access token as a {@link bearerToken}.
 *
 * The check itself is the {@link Authenticator}'s. passport-jwt's own takes tokens without `exp`, of another type
 * and with unknown `crit` headers, and to replace its verifier is to replace the host's as well: it is a static.
 *
 * It holds nothing: where two applications run in one process, passport finds the strategy that was registered last,
 * so the guard says with each request whom to ask.
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

  /** Never called, as {@link authenticate} does the whole work; the mixin wants it. */
  validate(holder: TokenHolder): TokenHolder {
    return holder;
  }
}
