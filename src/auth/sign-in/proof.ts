import type { EntityManager } from 'typeorm';

/**
 * How somebody has proven who they are, as a session remembers it. `pwd` is a password (RFC 8176); `legacy` a refresh
 * token of the service that accounts were taken over from.
 */
export type SignInMethod = 'pwd' | 'legacy';

/** What a way in has found out about a user, until the session has begun. */
export interface Proof {
  readonly method: SignInMethod;
  /** The id of the session, a UUIDv7, where the proof is good for one session only. Default a new one. */
  readonly sessionId?: string;
  /** What the audit trail says of it, in one word. Default nothing. */
  readonly reason?: string;
  /** Slow work that must not hold a connection. It is called once it is known that the user may sign in. */
  prepare?(): Promise<void>;
  /**
   * Holds what was proven until the transaction ends.
   *
   * @returns whether it is still true. The proof was given a moment ago, and the account may have changed meanwhile.
   */
  hold(tx: EntityManager): Promise<boolean>;
}
