import type { RateLimitOptions } from './rate-limit-options.js';
import { RateLimitSettings } from './rate-limit-settings.js';

describe('the settings of rate limits', () => {
  it('are by default those of SECURITY.md', () => {
    const { quotas, failures, redisUrl } = new RateLimitSettings({});
    expect(
      Object.fromEntries([...quotas].map(([name, { limit, window }]) => [name, [limit, window]])),
    ).toEqual({
      requests: [300, 60],
      'sign-in': [30, 60],
      'sign-in-account': [60, 3600],
      'email-code': [20, 3600],
      'email-code-address': [5, 3600],
      register: [20, 3600],
      forgot: [20, 3600],
      'forgot-address': [3, 3600],
      reset: [20, 60],
      verify: [20, 60],
      'resend-address': [5, 86_400],
      refresh: [150, 300],
      'refresh-session': [30, 300],
      'password-change': [10, 3600],
      'email-change': [5, 3600],
      'email-change-address': [3, 3600],
      profile: [30, 3600],
      'confirm-identity': [60, 3600],
      'link-identity': [10, 3600],
      export: [3, 3600],
      'create-user': [300, 3600],
      reauthentication: [5, 300],
      'api-key': [600, 60],
    });
    expect(failures).toEqual({ limit: 5, window: 300, firstWait: 30, longestWait: 900, disableAfter: 100 });
    expect(redisUrl).toBeUndefined();
  });

  it('take each figure from the host, and each limit away', () => {
    const quota = { limit: 2, window: 10 };
    const { quotas, failures } = new RateLimitSettings({
      'sign-in': quota,
      register: false,
      failures: { firstWait: 60, disableAfter: false },
    });
    expect(quotas.get('sign-in')).toEqual(quota);
    expect(quotas.has('register')).toBe(false);
    expect(quotas.size).toBe(22);
    expect(failures).toMatchObject({ limit: 5, firstWait: 60, longestWait: 900, disableAfter: false });
    expect(new RateLimitSettings({ failures: false }).failures).toBeUndefined();
  });

  it('are none where all limits are off', () => {
    expect(new RateLimitSettings(false)).toEqual({
      quotas: new Map(),
      failures: undefined,
      sessionFailures: undefined,
      redisUrl: undefined,
    });
  });

  it.each<[string, object]>([
    ['rateLimits has no "login", only: requests, sign-in', { login: { limit: 1, window: 1 } }],
    ['rateLimits.sign-in.limit must be a whole number from 1', { 'sign-in': { limit: 0, window: 60 } }],
    ['rateLimits.sign-in.limit must be a whole number from 1', { 'sign-in': { window: 60 } }],
    ['rateLimits.register.window must be a whole number from 1', { register: { limit: 1, window: 0.5 } }],
    ['rateLimits.failures.limit must be a whole number from 2 to 100', { failures: { limit: 1 } }],
    ['rateLimits.failures.longestWait must be a whole number from 30', { failures: { longestWait: 29 } }],
    [
      'rateLimits.failures.disableAfter must be a whole number from 10 to 100',
      { failures: { disableAfter: 101 } },
    ],
    ['rateLimits.redisUrl must be a redis:// or rediss:// URL', { redisUrl: 'http://canary' }],
    ['rateLimits.redisUrl must be a redis:// or rediss:// URL', { redisUrl: 'redis://' }],
  ])('say "%s …"', (message, options) => {
    expect(() => new RateLimitSettings(options as RateLimitOptions)).toThrow(message);
    expect(() => new RateLimitSettings(options as RateLimitOptions)).not.toThrow('canary');
  });
});
