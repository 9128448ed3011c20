import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import type { SignInMethod } from '../../../access/sign-in-methods.js';
import { deleteInBatches } from '../../../database/delete-in-batches.js';
import { type NamedStatement, namedStatement, NamedStatements } from '../../../database/named-statements.js';
import { JobsService } from '../../../jobs/jobs.service.js';
import { AccountEvents } from '../../../users/events/account-events.js';
import { EmailVerified } from '../../../users/events/user-events.js';
import { lockingActive, toUser } from '../../../users/user-rows.js';
import type { User } from '../../../users/user.entity.js';
import { FOUND_FACTORS, type FoundFactors } from '../../factors/recovery-codes/recovery-codes.service.js';
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
  `INSERT INTO auth_sign_ins (user_id, token_hash, methods, session_id, expires_at, purpose)
   VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), $6)`,
);
/** Finds the factors of a user, and stores the sign-in if there are some, or one is required ($6). */
const OPEN_IF_NEEDED = namedStatement(
  'open-sign-in-if-needed',
  `WITH found AS (${FOUND_FACTORS}),
   opened AS (
     INSERT INTO auth_sign_ins (user_id, token_hash, methods, session_id, expires_at)
     SELECT $1, $2, $3, $4, now() + make_interval(secs => $5) FROM found WHERE totp OR passkey OR $6)
   SELECT * FROM found`,
);
const FIND = namedStatement('find-sign-in', `SELECT ${WAITING} FROM auth_sign_ins WHERE ${USABLE}`);
const COUNT = namedStatement(
  'count-sign-in',
  `UPDATE auth_sign_ins SET failures = failures + 1 WHERE ${USABLE} RETURNING user_id AS "userId", failures AS tries`,
);
const UNCOUNT = namedStatement(
  'uncount-sign-in',
  'UPDATE auth_sign_ins SET failures = failures - 1 WHERE token_hash = $1 AND failures > 0',
);
const CONSUME = namedStatement(
  'use-sign-in',
  `DELETE FROM auth_sign_ins WHERE token_hash = $1 AND expires_at > now() RETURNING ${WAITING}`,
);
/**
 * Locks the account ($1) and uses the sign-in up. The deletion begins with the locked account, so that all transactions lock
 * accounts first. A sign-in that was deleted while it waited for the lock is not returned.
 */
const consumingWith = (lockingUser: string) =>
  namedStatement(
    'use-sign-in-of-user',
    `WITH account AS (${lockingUser}),
     used AS (
       DELETE FROM auth_sign_ins USING account
        WHERE token_hash = $2 AND user_id = account.id AND expires_at > now() RETURNING ${WAITING})
     SELECT account.*, used.* FROM account LEFT JOIN used ON true`,
  );

/**
 * Sign-ins that wait for another proof. Only this class writes `auth_sign_ins`.
 *
 * A change that ends the sessions of an account, or its email address, also ends these, in the same transaction: their
 * proofs may no longer hold.
 */
@Injectable()
export class PendingSignIns {
  private consumingWithUser?: NamedStatement;

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
    const values = [userId, hashOf(token), methods, sessionId, SIGN_IN_TTL, purpose];
    await this.named.query(OPEN, values, tx);
    return token;
  }

  /**
   * Finds the factors of a user, and stores a sign-in if there are some or one is required. In one statement, because every
   * sign-in asks.
   *
   * @param tx - Transaction that has locked the account's row.
   * @returns a token that is valid only if the sign-in was stored.
   */
  async openIfNeeded(
    { userId, methods, sessionId }: Pick<WaitingSignIn, 'userId' | 'methods' | 'sessionId'>,
    { isRequired }: { isRequired: boolean },
    tx: EntityManager,
  ): Promise<{ token: string; found: FoundFactors }> {
    const token = newToken();
    const values = [userId, hashOf(token), methods, sessionId, SIGN_IN_TTL, isRequired];
    const { rows } = await this.named.query<FoundFactors>(OPEN_IF_NEEDED, values, tx);
    return { token, found: rows[0] };
  }

  /** Finds a sign-in without using it; `null` if its token is unknown, expired, used, or was tried too often. */
  async find(token: string): Promise<WaitingSignIn | null> {
    const { rows } = await this.named.query<WaitingSignIn>(FIND, [hashOf(token)]);
    return rows[0] ?? null;
  }

  /**
   * Counts a proof before it is verified.
   *
   * @returns the user and the number of proofs; `null` if the sign-in may not be tried.
   */
  async count(token: string): Promise<{ userId: string; tries: number } | null> {
    const { rows } = await this.named.query<{ userId: string; tries: number }>(COUNT, [hashOf(token)]);
    return rows[0] ?? null;
  }

  /** Undoes the count of a proof that was not verified. */
  async uncount(token: string): Promise<void> {
    await this.named.query(UNCOUNT, [hashOf(token)]);
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

  /**
   * Locks an active account, and uses a sign-in of it up like {@link consume}, in one statement.
   *
   * @returns `null` if the account is inactive or deleted; `waiting` is `null` if the sign-in has ended in the meantime.
   */
  async consumeWithUser(
    token: string,
    userId: string,
    tx: EntityManager,
  ): Promise<{ user: User; waiting: WaitingSignIn | null } | null> {
    this.consumingWithUser ??= consumingWith(lockingActive(tx));
    const { rows } = await this.named.query(this.consumingWithUser, [userId, hashOf(token)], tx);
    const [row] = rows as (Record<string, unknown> & WaitingSignIn)[];
    if (!row) return null;
    return { user: toUser(row, tx), waiting: (row.userId as string | null) === null ? null : row };
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
