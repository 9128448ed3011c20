import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { getRequestCookie } from '../../../http/nest/nest-internals.js';
import type { AnyRequest } from '../../../http/request/request-id.js';
import { deriveKeys, type Keys } from '../../../keys/derived-keys.js';
import { seal, unseal } from '../../../keys/seal.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { RefreshCookie } from '../../refresh/refresh-cookie.js';

/** Name of the cookie of a sign-in that a browser has begun. It is bound to one host and to HTTPS (RFC 6265bis, 4.1.3.2). */
const COOKIE = '__Host-astra_way';
const LABEL = 'email-code';

/** The page is opened from a message, but its script sends the code, and that is a same-site request. */
const ATTRIBUTES = { path: '/', secure: true, httpOnly: true, sameSite: 'strict' } as const;

/**
 * Sign-in token in a cookie, for pages that ask for it as they ask for {@link RefreshCookie}: the link in the message then works
 * in the browser that has requested it, and in no other one.
 */
@Injectable()
export class CodeCookie {
  private readonly keys: Keys;

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly refreshCookie: RefreshCookie,
    settings: AuthSettings,
  ) {
    this.keys = deriveKeys(settings, 'astra email code cookie v1');
  }

  /** @throws {CrossSiteRequestError} if the client asks for the cookie but is not a page of an allowed origin. */
  assertAllowed(request: AnyRequest): void {
    this.refreshCookie.isWanted(request);
  }

  /**
   * Sets the cookie if the client asks for it.
   *
   * @param maxAge - Seconds until the token expires.
   */
  set(token: string, maxAge: number, request: AnyRequest, response: object): void {
    if (!this.refreshCookie.isWanted(request)) return;
    const sealed = seal(token, LABEL, this.keys);
    this.adapterHost.httpAdapter.setCookie(response, COOKIE, sealed, { ...ATTRIBUTES, maxAge });
  }

  /**
   * Returns the token of this browser, which is empty if it has none; `undefined` for clients without the cookie.
   *
   * @throws {CrossSiteRequestError} as {@link assertAllowed}.
   */
  read(request: AnyRequest): string | undefined {
    if (!this.refreshCookie.isWanted(request)) return undefined;
    const sealed = getRequestCookie(request, COOKIE);
    return (sealed && unseal(sealed, LABEL, this.keys)) ?? '';
  }
}
