import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, Reflector } from '@nestjs/core';
import { canonicalEmail } from '../../names/canonical.js';
import { findProvider } from '../../http/nest/find-provider.js';
import { setHeaders } from '../../http/nest/set-headers.js';
import { clientOf } from '../../http/request/client.js';
import type { AnyRequest } from '../../http/request/request-id.js';
import {
  type AccountQuotaName,
  isAccountQuota,
  RATE_LIMIT,
  type RouteQuotaName,
} from '../../rate-limit/rate-limit.decorator.js';
import { type Allowance, rateLimitHeaders } from '../../rate-limit/rate-limit.errors.js';
import { RateLimitsService } from '../../rate-limit/rate-limits.service.js';
import { type AuthenticatedRequest, PRINCIPAL } from '../principal.js';

type AccountRequest = AnyRequest & AuthenticatedRequest & { body?: unknown };

/**
 * Counts a request against the per-account limits of `@RateLimit()`. Runs after authentication, when the account is
 * known, and before the input is validated.
 *
 * @throws {TooManyRequestsError} if a limit is exceeded.
 */
@Injectable()
export class AccountLimitGuard implements CanActivate {
  private limits?: RateLimitsService;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly reflector: Reflector,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /**
   * Admits routes without a limit per account at once, so that they cost nothing.
   *
   * @throws {TooManyRequestsError} if a limit of the signed-in user is exceeded.
   */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const names = this.reflector.get<RouteQuotaName[] | undefined>(RATE_LIMIT, context.getHandler());
    const ofAccount = names?.filter(isAccountQuota) ?? [];
    return ofAccount.length === 0 || this.take(ofAccount, context);
  }

  /** Counts the request against each of the limits, and adds the header fields of all of them. */
  private async take(names: AccountQuotaName[], context: ExecutionContext): Promise<true> {
    this.limits ??= findProvider(this.moduleRef, RateLimitsService);
    const http = context.switchToHttp();
    const request = http.getRequest<AccountRequest>();
    const userId = request[PRINCIPAL]?.userId;
    if (!userId) throw new Error('A per-account limit requires a route for signed-in users');
    const allowances: Allowance[] = [];
    for (const name of names) {
      const subject = name === 'email-change-address' ? newAddressIn(request) : userId;
      const allowance =
        subject === undefined ? undefined : await this.limits.take(name, subject, clientOf(request), userId);
      if (allowance) allowances.push(allowance);
    }
    setHeaders(http.getResponse(), rateLimitHeaders(allowances), this.adapterHost);
    return true;
  }
}

/** Returns the canonical new email address; `undefined` for a body without one, which validation will reject. */
function newAddressIn({ body }: AccountRequest): string | undefined {
  const { new_email: email } = (body ?? {}) as { new_email?: unknown };
  return typeof email === 'string' ? canonicalEmail(email) : undefined;
}
