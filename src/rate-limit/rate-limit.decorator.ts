import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiProblems } from '../problem/api-problems.decorator.js';
import type { QuotaName } from '../settings/rate-limit-options.js';
import { defaultQuotas } from '../settings/rate-limit-settings.js';
import { TooManyRequestsError } from './rate-limit.errors.js';

export const RATE_LIMIT = 'astra:rate-limit';

/** A limit that can be told from a request alone: by the client's address, or by `email` in the body. */
export type RouteQuotaName = Exclude<QuotaName, 'requests' | 'refresh-session'>;

/** Limits how often a route of an `@AstraController()` may be tried. All routes under one name share the limit. */
export const RateLimit = (...names: [RouteQuotaName, ...RouteQuotaName[]]) =>
  applyDecorators(
    SetMetadata(RATE_LIMIT, names),
    ApiProblems(new TooManyRequestsError(names[0], defaultQuotas[names[0]], 30)),
  );
