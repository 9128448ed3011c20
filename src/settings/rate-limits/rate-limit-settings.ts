import { readRedisUrl } from './redis-servers.js';
import type { FailureLimits, Quota, QuotaName, Quotas, RateLimitOptions } from './rate-limit-options.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Default limits. */
export const defaultQuotas: Quotas = {
  requests: { limit: 300, window: MINUTE },
  'sign-in': { limit: 30, window: MINUTE },
  'sign-in-account': { limit: 60, window: HOUR },
  register: { limit: 20, window: HOUR },
  forgot: { limit: 20, window: HOUR },
  'forgot-address': { limit: 3, window: HOUR },
  reset: { limit: 20, window: MINUTE },
  verify: { limit: 20, window: MINUTE },
  'resend-address': { limit: 5, window: DAY },
  'email-code': { limit: 20, window: HOUR },
  'email-code-address': { limit: 5, window: HOUR },
  refresh: { limit: 150, window: 5 * MINUTE },
  'refresh-session': { limit: 30, window: 5 * MINUTE },
  'password-change': { limit: 10, window: HOUR },
  'email-change': { limit: 5, window: HOUR },
  'email-change-address': { limit: 3, window: HOUR },
  profile: { limit: 30, window: HOUR },
  'confirm-identity': { limit: 60, window: HOUR },
  'link-identity': { limit: 10, window: HOUR },
  export: { limit: 3, window: HOUR },
  'create-user': { limit: 300, window: HOUR },
  reauthentication: { limit: 5, window: 5 * MINUTE },
  'api-key': { limit: 600, window: MINUTE },
};

/** Default limits for failed sign-ins. */
const failureDefaults: FailureLimits = {
  limit: 5,
  window: 5 * MINUTE,
  firstWait: 30,
  longestWait: 15 * MINUTE,
  disableAfter: 100,
};

/** Validated rate limits, with defaults. {@link RateLimitOptions} describes them. */
export class RateLimitSettings {
  /** Enabled limits. */
  readonly quotas: ReadonlyMap<QuotaName, Quota>;
  /** `undefined`: failures are not counted. */
  readonly failures: FailureLimits | undefined;
  /** Like `failures`, for one session; `undefined`: not counted. */
  readonly sessionFailures: FailureLimits | undefined;
  /** `undefined`: counters are stored in Postgres. */
  readonly redisUrl: string | undefined;

  /**
   * @param options - `false` disables all limits.
   * @throws {RangeError} with the name of an invalid option and its valid values, but never its value.
   */
  constructor(options: RateLimitOptions | false) {
    const names = Object.keys(defaultQuotas) as QuotaName[];
    const { failures = {}, redisUrl, ...chosen } = options || {};
    for (const name of Object.keys(chosen)) {
      if (!Object.hasOwn(defaultQuotas, name))
        throw new RangeError(`rateLimits has no "${name}", only: ${names.join(', ')}, failures, redisUrl`);
    }
    this.quotas = new Map(
      names.flatMap((name): [QuotaName, Quota][] => {
        const quota = chosen[name] ?? defaultQuotas[name];
        return options && quota ? [[name, checkedQuota(name, quota)]] : [];
      }),
    );
    this.failures = options && failures ? checkedFailures({ ...failureDefaults, ...failures }) : undefined;
    const again = this.quotas.get('reauthentication');
    this.sessionFailures = again && {
      ...failureDefaults,
      ...again,
      firstWait: again.window,
      longestWait: Math.max(again.window, failureDefaults.longestWait),
    };
    if (redisUrl !== undefined && !readRedisUrl(redisUrl))
      throw new RangeError(
        'rateLimits.redisUrl must be a redis:// or rediss:// URL, or one of redis+sentinel:// or redis+cluster://',
      );
    this.redisUrl = redisUrl;
  }
}

function checkedQuota(name: QuotaName, { limit, window }: Quota): Quota {
  return {
    limit: within(`${name}.limit`, limit, 1, 1_000_000),
    window: within(`${name}.window`, window, 1, 30 * DAY),
  };
}

function checkedFailures(options: FailureLimits): FailureLimits {
  const limit = within('failures.limit', options.limit, 2, 100);
  const window = within('failures.window', options.window, 1, DAY);
  const firstWait = within('failures.firstWait', options.firstWait, 1, DAY);
  const longestWait = within('failures.longestWait', options.longestWait, firstWait, DAY);
  const { disableAfter } = options;
  if (disableAfter !== false) within('failures.disableAfter', disableAfter, 10, 100);
  return { limit, window, firstWait, longestWait, disableAfter };
}

function within(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new RangeError(`rateLimits.${name} must be a whole number from ${min} to ${max}`);
  return value;
}
