import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import type { SignInMethod } from '../../../access/sign-in-methods.js';
import { deleteInBatches } from '../../../database/delete-in-batches.js';
import { namedStatement, NamedStatements } from '../../../database/named-statements.js';
import { JobsService } from '../../../jobs/jobs.service.js';
import { AccountEvents } from '../../../users/events/account-events.js';
import { EmailVerified } from '../../../users/events/user-events.js';
import { hashOf, newToken } from '../../one-time-tokens/one-time-tokens.js';
import { AllSessionsEnding } from '../../sessions/session-events.js';
import { PendingSignIn } from './pending-sign-in.entity.js';

/** Seconds in which a sign-in can continue. */
export const SIGN_IN_TTL = 600;
/** Number of wrong proofs that end a sign-in. */
const MAX_FAILURES = 5;

/** Sign-in that waits for another proof. */
export interface WaitingSignIn {
  userId: string;
  /** `enrol`: the account has no way to sign in yet, and gets the first one. */
  purpose: 'sign-in' | 'enrol';
  /** Verified proofs. */
  methods: SignInMethod[];
  sessionId: string | null;
  /** Seconds until it expires. */
  secondsLeft: number;
}

/** Binds the challenge of a passkey to a sign-in, for as long as the sign-in can continue. */
export const passkeyUseOf = <T extends 'second' | 'register'>(purpose: T, token: string) => ({
  purpose,
  holder: hashOf(token).toString('hex'),
  ttl: SIGN_IN_TTL,
});

const USABLE = `token_hash = $1 AND failures < ${MAX_FAILURES} AND expires_at > now()`;
const WAITING = `user_id AS "userId", purpose, methods, session_id AS "sessionId",
  ceil(extract(epoch FROM expires_at - now()))::int AS "secondsLeft"`;

const OPEN = namedStatement(
  'open-sign-in',
  `INSERT INTO auth_sign_ins (token_hash, user_id, methods, session_id, expires_at, purpose)
   VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), $6)`,
);
const FIND = namedStatement('find-sign-in', `SELECT ${WAITING} FROM auth_sign_ins WHERE ${USABLE}`);
const COUNT = namedStatement(
  'count-sign-in',
  `UPDATE auth_sign_ins SET failures = failures + 1 WHERE ${USABLE} RETURNING failures`,
);
const CONSUME = namedStatement(
  'use-sign-in',
  `DELETE FROM auth_sign_ins WHERE token_hash = $1 AND expires_at > now() RETURNING ${WAITING}`,
);

/**
 * Sign-ins that wait for another proof. Only this class writes `auth_sign_ins`.
 *
 * A change that ends the sessions of an account, or its email address, also ends these, in the same transaction: their
 * proofs may no longer hold.
 */
@Injectable()
export class PendingSignIns {
  constructor(
    @InjectRepository(PendingSignIn) private readonly signIns: Repository<PendingSignIn>,
    private readonly named: NamedStatements,
    events: AccountEvents,
    jobs: JobsService,
  ) {
    events.before(AllSessionsEnding, ({ userId }, tx) => tx.delete(PendingSignIn, { userId }));
    events.before(EmailVerified, ({ userId }, tx) => tx.delete(PendingSignIn, { userId }));
    jobs.schedule('purge-sign-ins', '*/30 * * * *', (signal) => this.purge(signal));
  }

  /**
   * Stores a sign-in.
   *
   * @param tx - Transaction that has locked the account's row.
   * @returns its token: 32 random bytes as base64url.
   */
  async open(
    {
      userId,
      methods,
      sessionId = null,
      purpose = 'sign-in',
    }: Pick<WaitingSignIn, 'userId' | 'methods'> & Partial<Pick<WaitingSignIn, 'sessionId' | 'purpose'>>,
    tx: EntityManager,
  ): Promise<string> {
    const token = newToken();
    const values = [hashOf(token), userId, methods, sessionId, SIGN_IN_TTL, purpose];
    await this.named.query(OPEN, values, tx);
    return token;
  }

  /** Finds a sign-in without using it; `null` if its token is unknown, expired, used, or was tried too often. */
  async find(token: string): Promise<WaitingSignIn | null> {
    const { rows } = await this.named.query<WaitingSignIn>(FIND, [hashOf(token)]);
    return rows[0] ?? null;
  }

  /** Counts a proof before it is verified. Returns the number of proofs; `null` if the sign-in may not be tried. */
  async count(token: string): Promise<number | null> {
    const { rows } = await this.named.query<{ failures: number }>(COUNT, [hashOf(token)]);
    return rows[0]?.failures ?? null;
  }

  /**
   * Uses a sign-in up, in the transaction that starts its session: one of several concurrent calls succeeds. Failures
   * are not checked again: {@link count} has already refused one proof too many, and the last one may be right.
   *
   * @returns `null` if it has ended in the meantime.
   */
  async consume(token: string, tx: EntityManager): Promise<WaitingSignIn | null> {
    const { rows } = await this.named.query<WaitingSignIn>(CONSUME, [hashOf(token)], tx);
    return rows[0] ?? null;
  }

  /** Deletes expired sign-ins. Until then they are refused by their time of expiry. */
  async purge(signal?: AbortSignal): Promise<void> {
    await deleteInBatches(
      this.signIns.manager.dataSource,
      'auth_sign_ins',
      'expires_at <= now()',
      [],
      signal,
    );
  }
}
