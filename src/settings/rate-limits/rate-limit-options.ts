/** Number of attempts allowed: `limit` within `window` seconds, which begin with the first attempt. */
export interface Quota {
  /** 1 to 1 000 000. */
  limit: number;
  /** Seconds; 1 to 2 592 000 (30 days). */
  window: number;
}

/** Limits, and how they are counted. An IPv6 client counts as its /64 network. */
export interface Quotas {
  /**
   * All requests from a client IP address. Each process counts them separately, in memory. Default 300 in 60
   * s.
   */
  requests: Quota;
  /**
   * Requests with one API key, from all IP addresses. They do not count as `requests`, except for the first one that a process
   * sees. Default 600 in 60 s.
   */
  'api-key': Quota;
  /** Sign-ins from a client IP address. Default 30 in 60 s. */
  'sign-in': Quota;
  /** Successful sign-ins to one account, from all IP addresses. Default 60 in 3600 s. */
  'sign-in-account': Quota;
  /** Registrations from a client IP address. Default 20 in 3600 s. */
  register: Quota;
  /** Requests for a password reset from a client IP address. Default 20 in 3600 s. */
  forgot: Quota;
  /**
   * Requests for a password reset for one email address, whether or not an account has it. Default 3 in 3600
   * s.
   */
  'forgot-address': Quota;
  /** Password resets from a client IP address, including guessed tokens. Default 20 in 60 s. */
  reset: Quota;
  /**
   * Verifications and changes of an email address from a client IP address, including guessed tokens. Default
   * 20 in 60 s.
   */
  verify: Quota;
  /**
   * Requests for another verification message to one email address, whether or not an account has it. Default
   * 5 in 86 400 s.
   */
  'resend-address': Quota;
  /** Requests for a code by email from a client IP address. Default 20 in 3600 s. */
  'email-code': Quota;
  /** Requests for a code for one email address, whether or not an account has it. Default 5 in 3600 s. */
  'email-code-address': Quota;
  /** Refreshes from a client IP address. Default 150 in 300 s. */
  refresh: Quota;
  /** Refreshes of one session. Default 30 in 300 s. */
  'refresh-session': Quota;
  /** Password changes by one account. Default 10 in 3600 s. */
  'password-change': Quota;
  /** Requests for another email address by one account. Default 5 in 3600 s. */
  'email-change': Quota;
  /** Requests to change to one email address, from any account. Default 3 in 3600 s. */
  'email-change-address': Quota;
  /** Changes of username or name by one account. Default 30 in 3600 s. */
  profile: Quota;
  /** Confirmations of the identity by one account. Default 60 in 3600 s. */
  'confirm-identity': Quota;
  /** Identities connected and removed by one account. Default 10 in 3600 s. */
  'link-identity': Quota;
  /** Exports by one account. Default 3 in 3600 s. */
  export: Quota;
  /** Accounts created by one admin. Default 300 in 3600 s. */
  'create-user': Quota;
  /**
   * Wrong passwords in one session when a signed-in user has to confirm the password. Counted separately from
   * `failures`, so that a stranger's guesses at the sign-in do not lock out the owner. After a full window, the session
   * has to wait for the length of the window, then twice as long, up to 15 min; after the 100th in a row, it accepts no
   * password. Default 5 in 300 s.
   */
  reauthentication: Quota;
}

/** Name of a limit, in the options, in `@RateLimit()` and in the header field `RateLimit`. */
export type QuotaName = keyof Quotas;

/**
 * Limits for failed sign-ins to one account, from all IP addresses (OWASP Authentication Cheat Sheet). A
 * successful sign-in resets the count.
 */
export interface FailureLimits {
  /**
   * Number of failures within the window after which each failure causes a wait, including the last one. 2 to
   * 100; default 5.
   */
  limit: number;
  /** Length in seconds, from the first failure or the end of the last wait. 1 to 86 400; default 300. */
  window: number;
  /** First wait, in seconds; each further wait is twice as long. 1 to 86 400; default 30. */
  firstWait: number;
  /** Longest wait, in seconds. `firstWait` to 86 400; default 900. */
  longestWait: number;
  /**
   * Number of failures in a row after which the password is disabled until it is replaced (NIST SP 800-63B-4,
   * 3.2.2: at most 100), with an emailed link, or without email as described at `features.mail`. 10 to 100,
   * or `false` for never; default 100.
   */
  disableAfter: number | false;
}

/** Rate limits. A limit set to `false` is disabled. */
export type RateLimitOptions = { [N in QuotaName]?: Quota | false } & {
  /** Limits for failed sign-ins to an account; omitted fields have their default. */
  failures?: Partial<FailureLimits> | false;
  /**
   * URL of Redis (6 or later) with the counters of all instances: `redis://host`, `redis+sentinel://one,two,three/master` or
   * `redis+cluster://one,two`, encrypted with `rediss`. Default none: counters are in Postgres.
   */
  redisUrl?: string;
};
