import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { getRequestCookie } from '../../http/nest/nest-internals.js';
import type { AnyRequest } from '../../http/request/request-id.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { CrossSiteRequestError, InvalidRefreshTokenError } from './refresh.errors.js';
import type { TokenPair } from '../tokens/token-pairs.js';
import { type CookieModeToken, TokenDto } from './token.dto.js';

/**
 * Name of the refresh cookie. With this prefix, browsers bind a cookie to one host and to HTTPS (RFC 6265bis, 4.1.3.2).
 */
export const REFRESH_COOKIE = '__Host-astra_refresh';
/**
 * Header with which a page requests the cookie: `X-Astra-Client: browser`. Forms cannot send it, and scripts of other
 * origins need permission by CORS.
 */
export const CLIENT_HEADER = 'X-Astra-Client';

/** No script can read the cookie, and no cross-site request sends it (RFC 6265bis). */
const ATTRIBUTES = { path: '/', secure: true, httpOnly: true, sameSite: 'strict' } as const;

/** Refresh token in an HttpOnly cookie, for pages that request it: a script cannot steal what it cannot read. */
@Injectable()
export class RefreshCookie {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Checks whether the client keeps its refresh token in the cookie.
   *
   * @throws {CrossSiteRequestError} if the client requests the cookie but is not a page of an allowed origin.
   */
  isWanted({ headers }: AnyRequest): boolean {
    const origins = this.settings.refreshCookieOrigins;
    if (!origins || headers[CLIENT_HEADER.toLowerCase()] !== 'browser') return false;
    // Scripts cannot change either header. Some browsers omit Sec-Fetch-Site; all send Origin with a POST.
    const isOurs = headers['sec-fetch-site'] === 'same-origin' || origins.has(String(headers.origin));
    if (!isOurs) throw new CrossSiteRequestError();
    return true;
  }

  /** Returns the token from the cookie, if present. */
  read(request: AnyRequest): string | undefined {
    return getRequestCookie(request, REFRESH_COOKIE);
  }

  /**
   * Responds with new tokens, with the refresh token in the cookie if the client requested it. Deletes the cookie if
   * its token was rejected.
   */
  async deliver(
    tokens: Promise<TokenPair>,
    request: AnyRequest,
    response: object,
  ): Promise<TokenDto | CookieModeToken> {
    if (!this.isWanted(request)) return TokenDto.from(await tokens);
    try {
      const { refresh_token, ...rest } = TokenDto.from(await tokens);
      const maxAge = this.settings.sessionIdleTtl;
      this.adapterHost.httpAdapter.setCookie(response, REFRESH_COOKIE, refresh_token, {
        ...ATTRIBUTES,
        maxAge,
      });
      return rest;
    } catch (error) {
      if (error instanceof InvalidRefreshTokenError) this.clear(request, response);
      throw error;
    }
  }

  /** Deletes the cookie if the client has one. */
  clear(request: AnyRequest, response: object): void {
    if (!this.settings.refreshCookieOrigins || this.read(request) === undefined) return;
    this.adapterHost.httpAdapter.clearCookie(response, REFRESH_COOKIE, ATTRIBUTES);
  }
}
