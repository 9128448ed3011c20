import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiProblems } from '../http/problem/api-problems.decorator.js';
import type { QuotaName } from '../settings/rate-limits/rate-limit-options.js';
import { defaultQuotas } from '../settings/rate-limits/rate-limit-settings.js';
import { TooManyRequestsError } from './rate-limit.errors.js';

export const RATE_LIMIT = 'astra:rate-limit';
export const OTHER_LIMIT = 'astra:other-rate-limit';

/** Limits of a signed-in user's account, or of an email address that it names. */
export const accountQuotas = [
  'password-change',
  'email-change',
  'email-change-address',
  'profile',
  'export',
  'create-user',
] as const satisfies readonly QuotaName[];
export type AccountQuotaName = (typeof accountQuotas)[number];

/** A limit that can be told from a request alone: by the client's address, by `email` in the body, or by its user. */
export type RouteQuotaName = Exclude<
  QuotaName,
  'requests' | 'sign-in-account' | 'refresh-session' | 'reauthentication'
>;

export function isAccountQuota(name: RouteQuotaName): name is AccountQuotaName {
  return (accountQuotas as readonly string[]).includes(name);
}

/** Limits how often a route of an `@AstraController()` may be tried. All routes under one name share the limit. */
export const RateLimit = (...names: [RouteQuotaName, ...RouteQuotaName[]]) =>
  applyDecorators(
    SetMetadata(RATE_LIMIT, names),
    ApiProblems(new TooManyRequestsError(names[0], defaultQuotas[names[0]], 30)),
  );

/** Which other limit holds for a body that asks for something else than most at that address. */
export interface OtherLimit {
  when(body: unknown): boolean;
  name: RouteQuotaName;
}

/** Has another limit hold instead of those of `@RateLimit()`, as far as a body asks for something else. */
export const RateLimitInstead = (other: OtherLimit) => SetMetadata(OTHER_LIMIT, other);
