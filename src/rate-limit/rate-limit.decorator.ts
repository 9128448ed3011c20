import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiProblems } from '../http/problem/api-problems.decorator.js';
import type { QuotaName } from '../settings/rate-limits/rate-limit-options.js';
import { defaultQuotas } from '../settings/rate-limits/rate-limit-settings.js';
import { TooManyRequestsError } from './rate-limit.errors.js';

/** Metadata key of the limits that `@RateLimit()` names. */
export const RATE_LIMIT = 'astra:rate-limit';
export const OTHER_LIMIT = 'astra:other-rate-limit';

/** Limits per account of the signed-in user, or per email address in the request. */
export const accountQuotas = [
  'password-change',
  'email-change',
  'email-change-address',
  'profile',
  'confirm-identity',
  'link-identity',
  'export',
  'create-user',
] as const satisfies readonly QuotaName[];
export type AccountQuotaName = (typeof accountQuotas)[number];

/** Limits that a request alone determines: by IP address, by `email` in the body, or by the signed-in user. */
export type RouteQuotaName = Exclude<
  QuotaName,
  'requests' | 'api-key' | 'sign-in-account' | 'refresh-session' | 'reauthentication'
>;

/** Returns whether a limit is counted for the signed-in user, which is possible only after authentication. */
export function isAccountQuota(name: RouteQuotaName): name is AccountQuotaName {
  return (accountQuotas as readonly string[]).includes(name);
}

/** Limits per email address in the request, whether or not an account has it. */
const mailboxQuotas: readonly QuotaName[] = ['forgot-address', 'resend-address', 'email-code-address'];

/** Returns whether a limit is counted for the email address in the body, before it is known whether an account has it. */
export function isMailboxQuota(name: RouteQuotaName): boolean {
  return mailboxQuotas.includes(name);
}

/** Limits requests to a route of an `@AstraController()`. Routes with the same name share the limit. */
export const RateLimit = (...names: [RouteQuotaName, ...RouteQuotaName[]]) =>
  applyDecorators(
    SetMetadata(RATE_LIMIT, names),
    ApiProblems(new TooManyRequestsError(names[0], defaultQuotas[names[0]], 30)),
  );

/** Alternative limit for bodies with another meaning than most at this route. */
export interface OtherLimit {
  when(body: unknown): boolean;
  name: RouteQuotaName;
}

/** Replaces the limits of `@RateLimit()` for some bodies. */
export const RateLimitInstead = (other: OtherLimit) => SetMetadata(OTHER_LIMIT, other);
