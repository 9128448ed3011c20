import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { getRequestCookie } from '@nestjs/core/helpers/cookies/request-cookies.js';
import type { AnyRequest } from '../../http/request/request-id.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { CrossSiteRequestError, InvalidRefreshTokenError } from './refresh.errors.js';
import type { TokenPair } from '../tokens/token-pairs.js';
import { type CookieModeToken, TokenDto } from './token.dto.js';

/** Browsers take a cookie of this prefix only if it is for one host alone, and by HTTPS (RFC 6265bis, 4.1.3.2). */
export const REFRESH_COOKIE = '__Host-astra_refresh';
/**
 * By `X-Astra-Client: browser` a page asks for the cookie. No form can send it, and a script of another origin only if
 * CORS permits.
 */
export const CLIENT_HEADER = 'X-Astra-Client';

/** What the server will keep, and show no script (RFC 6265bis). */
const ATTRIBUTES = { path: '/', secure: true, httpOnly: true, sameSite: 'strict' } as const;

/** The refresh token as a cookie, for pages that ask for it: what a script cannot read, it cannot give away. */
@Injectable()
export class RefreshCookie {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Tells whether the client keeps its refresh token in the cookie.
   *
   * @throws {CrossSiteRequestError} if it says so, but is a page of another origin, or no page at all.
   */
  isWanted({ headers }: AnyRequest): boolean {
    const origins = this.settings.refreshCookieOrigins;
    if (!origins || headers[CLIENT_HEADER.toLowerCase()] !== 'browser') return false;
    // Set by the browser, which lets no script change either. Not all send the first, all send the second with a POST.
    const isOurs = headers['sec-fetch-site'] === 'same-origin' || origins.has(String(headers.origin));
    if (!isOurs) throw new CrossSiteRequestError();
    return true;
  }

  /** @returns the token in the cookie, if there is one. */
  read(request: AnyRequest): string | undefined {
    return getRequestCookie(request, REFRESH_COOKIE);
  }

  /**
   * Answers with new tokens, the refresh token in the cookie if that is wanted. A cookie whose token was refused is
   * taken back.
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

  /** Takes the cookie back, if the client has it. */
  clear(request: AnyRequest, response: object): void {
    if (!this.settings.refreshCookieOrigins || this.read(request) === undefined) return;
    this.adapterHost.httpAdapter.clearCookie(response, REFRESH_COOKIE, ATTRIBUTES);
  }
}
