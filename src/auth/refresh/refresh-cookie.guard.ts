import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiProblems } from '../../http/problem/api-problems.decorator.js';
import type { AnyRequest } from '../../http/request/request-id.js';
import { RefreshCookie } from './refresh-cookie.js';
import { CrossSiteRequestError } from './refresh.errors.js';

const FIELD = 'astra:refresh-cookie-field';

/**
 * Rejects cross-site use of the refresh cookie, and copies its token into the body, unless the body has one.
 *
 * @throws {CrossSiteRequestError} for pages of other origins.
 */
@Injectable()
class RefreshCookieGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly cookie: RefreshCookie,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<AnyRequest & { body?: unknown }>();
    if (!this.cookie.isWanted(request)) return true;
    const field = this.reflector.get<string | undefined>(FIELD, context.getHandler());
    // Without the cookie, an empty token leads to the usual error for invalid tokens.
    if (field && isEmpty(request.body)) request.body = { [field]: this.cookie.read(request) ?? '' };
    return true;
  }
}

/** Returns whether a request has no body, which HTTP servers represent differently. */
function isEmpty(body: unknown): boolean {
  return body === undefined || body === null || (typeof body === 'object' && Object.keys(body).length === 0);
}

/**
 * Makes a route accept the refresh token in a cookie.
 *
 * @param field - Body field in which other clients send their refresh token. Default: they send none.
 */
export const ForRefreshCookie = (field?: string) =>
  applyDecorators(
    SetMetadata(FIELD, field),
    UseGuards(RefreshCookieGuard),
    ApiProblems(new CrossSiteRequestError()),
  );
