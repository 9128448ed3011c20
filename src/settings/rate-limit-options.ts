/** How often something may be tried: `limit` times within `window` seconds, which begin with the first try. */
export interface Quota {
  /** 1 to 1 000 000. */
  limit: number;
  /** Seconds; 1 to 2 592 000 (30 days). */
  window: number;
}

/** What is limited, and by whom it is counted. An IPv6 client counts as its /64 network. */
export interface Quotas {
  /** All requests of a client address. Each process counts them for itself, in memory. Default 300 in 60 s. */
  requests: Quota;
  /** Sign-ins from a client address. Default 30 in 60 s. */
  'sign-in': Quota;
  /** Sign-ins of one account that succeed, from wherever. Default 60 in 3600 s. */
  'sign-in-account': Quota;
  /** Registrations from a client address. Default 20 in 3600 s. */
  register: Quota;
  /** Requests for a password reset from a client address. Default 20 in 3600 s. */
  forgot: Quota;
  /** Requests for a password reset of one email address, whether an account has it or not. Default 3 in 3600 s. */
  'forgot-address': Quota;
  /** Password resets from a client address: tries of tokens. Default 20 in 60 s. */
  reset: Quota;
  /** Verifications and changes of an email address from a client address: tries of tokens. Default 20 in 60 s. */
  verify: Quota;
  /** Requests for another verification mail to one email address, whether an account has it or not. Default 5 in 86 400 s. */
  'resend-address': Quota;
  /** Refreshes from a client address. Default 150 in 300 s. */
  refresh: Quota;
  /** Refreshes of one session. Default 30 in 300 s. */
  'refresh-session': Quota;
  /** Changes of password by one account. Default 10 in 3600 s. */
  'password-change': Quota;
  /** Requests for another email address by one account. Default 5 in 3600 s. */
  'email-change': Quota;
  /** Requests for one email address as the new one of whichever account. Default 3 in 3600 s. */
  'email-change-address': Quota;
  /** Changes of username or name by one account. Default 30 in 3600 s. */
  profile: Quota;
  /** Exports by one account. Default 3 in 3600 s. */
  export: Quota;
  /** Accounts that one admin makes. Default 300 in 3600 s. */
  'create-user': Quota;
  /**
   * Wrong passwords of a signed-in user who is asked for it again, in one session; apart from `failures`, so that a
   * stranger who guesses at the sign-in keeps no owner from the account. After a full window the session waits as long
   * as the window, then twice as long, up to 15 min, and the 100th in a row is its last. Default 5 in 300 s.
   */
  reauthentication: Quota;
}

/** The name of a limit: in the options, in `@RateLimit()` and in the header field `RateLimit`. */
export type QuotaName = keyof Quotas;

/**
 * What follows on failed sign-ins of one account, from wherever they come (OWASP Authentication Cheat Sheet). A
 * sign-in that succeeds makes all of it forgotten.
 */
export interface FailureLimits {
  /** Failures within the window that have no consequence; from the last of them on, each is followed by a wait. 2 to 100; default 5. */
  limit: number;
  /** Seconds, from the first failure, or from the end of the last wait. 1 to 86 400; default 300. */
  window: number;
  /** The first wait, in seconds; each is twice as long as the one before. 1 to 86 400; default 30. */
  firstWait: number;
  /** The longest wait, in seconds. `firstWait` to 86 400; default 900. */
  longestWait: number;
  /**
   * After so many failures in a row the password no longer works until it is replaced (NIST SP 800-63B-4, 3.2.2: at most
   * 100): by a link from a mail, or as `features.mail` says where there is none. 10 to 100; `false`: never. Default 100.
   */
  disableAfter: number | false;
}

/** How often who may try what. Each limit that is `false` is off. */
export type RateLimitOptions = { [N in QuotaName]?: Quota | false } & {
  /** What follows on failed sign-ins of an account; what is left out has its default. */
  failures?: Partial<FailureLimits> | false;
  /** A Redis (6 or later) that counts for all instances, as `redis://` or `rediss://`. Default none: Postgres counts. */
  redisUrl?: string;
};
