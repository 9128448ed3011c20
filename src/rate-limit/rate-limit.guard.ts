import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { HttpAdapterHost, ModuleRef, Reflector } from '@nestjs/core';
import { canonicalEmail } from '../names/canonical.js';
import { findProvider } from '../http/nest/find-provider.js';
import { setHeaders } from '../http/nest/set-headers.js';
import { clientOf, countedAddress } from '../http/request/client.js';
import {
  OTHER_LIMIT,
  type OtherLimit,
  RATE_LIMIT,
  type RouteQuotaName,
  isAccountQuota,
  isMailboxQuota,
} from './rate-limit.decorator.js';
import { type Allowance, rateLimitHeaders } from './rate-limit.errors.js';
import { type ClientRequest, RateLimitsService } from './rate-limits.service.js';

type RequestWithBody = ClientRequest & { body?: unknown };

/**
 * Counts a request, and the attempt if its route has a `@RateLimit()`. Runs first: before authentication and before
 * validation.
 *
 * @throws {TooManyRequestsError} if a limit is exceeded.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  private limits?: RateLimitsService;

  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly reflector: Reflector,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    this.limits ??= findProvider(this.moduleRef, RateLimitsService);
    const request = context.switchToHttp().getRequest<RequestWithBody>();
    this.limits.takeRequest(request);
    const other = this.reflector.get<OtherLimit | undefined>(OTHER_LIMIT, context.getHandler());
    const names = other?.when(request.body)
      ? [other.name]
      : (this.reflector.get<RouteQuotaName[] | undefined>(RATE_LIMIT, context.getHandler()) ?? []);
    // Limits per account are counted after authentication.
    const ofAnybody = names.filter((name) => !isAccountQuota(name));
    return ofAnybody.length > 0 ? this.take(ofAnybody, this.limits, context) : true;
  }

  /** Counts the request against each of the limits, and adds the header fields of all of them. */
  private async take(
    names: RouteQuotaName[],
    limits: RateLimitsService,
    context: ExecutionContext,
  ): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<RequestWithBody>();
    const client = clientOf(request);
    const allowances: Allowance[] = [];
    for (const name of names) {
      const allowance = isMailboxQuota(name)
        ? await takeForMailbox(name, request, limits)
        : await limits.takeFrom(name, countedAddress(request), client);
      if (allowance) allowances.push(allowance);
    }
    setHeaders(http.getResponse(), rateLimitHeaders(allowances), this.adapterHost);
    return true;
  }
}

/** Counts a request for an email address. A body without one is not counted, because it will be rejected. */
async function takeForMailbox(
  name: RouteQuotaName,
  request: RequestWithBody,
  limits: RateLimitsService,
): Promise<Allowance | undefined> {
  const { email } = (request.body ?? {}) as { email?: unknown };
  return typeof email === 'string' ? limits.take(name, canonicalEmail(email), clientOf(request)) : undefined;
}
