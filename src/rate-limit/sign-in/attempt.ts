import type { Client } from '../../http/request/client.js';
import type { FailureLimits } from '../../settings/rate-limits/rate-limit-options.js';

/** Account whose password is tried. */
export interface TriedAccount {
  /** `undefined` if no account has the name. */
  userId?: string;
  /** Login name as typed. */
  login: string;
  /** Client that makes the attempt. */
  client: Client;
}

/** Signed-in user who confirms the password. */
export interface TriedSession {
  userId: string;
  sessionId: string;
  /** Client that makes the attempt. */
  client: Client;
}

/** Counter of attempts, and the consequences of failed ones. */
export interface Counter {
  name: 'failures' | 'reauthentication' | 'factor' | 'email-code';
  key: Buffer;
  limits: FailureLimits;
}

/** Consequences of a failed attempt; a successful one has none. */
export interface Attempt {
  /** Consecutive failures, including this one. */
  failures: number;
  /** Seconds before the next attempt is allowed. */
  wait: number;
  /** Whether the password is disabled until it is reset. */
  disabled: boolean;
}
