import type { EntityManager } from 'typeorm';
import type { SignInMethod } from '../../access/sign-in-methods.js';

/** Returns all methods of a proof. */
export const methodsOf = ({ method, further = [] }: Pick<Proof, 'method' | 'further'>) => [
  method,
  ...further,
];

/** Verified proof of a user's identity, valid until the session has started. */
export interface Proof {
  readonly method: SignInMethod;
  /** Further methods of the same proof, such as `user` for a PIN that a passkey asked for. Default none. */
  readonly further?: readonly SignInMethod[];
  /** Whether it proves that the user receives messages at the account's email address. Default `false`. */
  readonly provesEmail?: boolean;
  /** Id of the session, a UUIDv7, if the proof allows one session only. Default: a new id. */
  readonly sessionId?: string;
  /** Reason for the audit trail, in one word. Default none. */
  readonly reason?: string;
  /**
   * Slow work that must not hold a database connection. Called after the checks of the account, before the transaction.
   */
  prepare?(): Promise<void>;
  /**
   * Locks the proof until the transaction ends.
   *
   * @returns whether it still holds: the account may have changed since it was verified.
   */
  hold(tx: EntityManager): Promise<boolean>;
}
