import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { canonicalLogin } from '../../names/canonical.js';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import type { Client } from '../../http/request/client.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { FailureLimits } from '../../settings/rate-limits/rate-limit-options.js';
import { CounterKeys } from '../counters/counter-keys.js';
import { TooManyRequestsError, wholeSeconds } from '../rate-limit.errors.js';
import { SignInFailure } from './sign-in-failure.entity.js';
import { KeyedMutex } from './keyed-mutex.js';

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
interface Counter {
  name: 'failures' | 'reauthentication';
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

const MAX_INTEGER = 2 ** 31 - 1;
const NONE: Attempt = { failures: 0, wait: 0, disabled: false };

/** Commits without waiting for the disk: if Postgres crashes, attempts of its last 0.6 s may not be counted. */
const QUICKLY = `WITH quickly AS (SELECT set_config('synchronous_commit', 'off', true))`;

/**
 * Decides whether an attempt is allowed, and counts it as failed before the password is verified, in one statement: so
 * the number of concurrent attempts never exceeds the number that may fail. Returns no row if none is allowed now.
 * (`now()` is the start of the statement, which may precede that of a statement it waited for; hence
 * `clock_timestamp()`.)
 */
const COUNT = `${QUICKLY}
  INSERT INTO auth_sign_in_failures AS account (key, failures, recent, wait_until, forget_at)
  SELECT $1::bytea, 1, 1, now(), now() + make_interval(secs => $3) FROM quickly
  ON CONFLICT (key) DO UPDATE SET (failures, recent, wait_until, forget_at) = (
    SELECT account.failures + 1, recent, now() + wait,
           CASE WHEN recent = 1 THEN now() + make_interval(secs => $3)
                WHEN recent < $2 THEN account.forget_at
                ELSE now() + wait + make_interval(secs => $3) END
      FROM (SELECT recent, make_interval(secs => CASE WHEN recent < $2 THEN 0
                     ELSE least($4 * 2 ^ least(recent - $2, 20), $5) END) AS wait
              FROM (SELECT CASE WHEN account.forget_at <= now() THEN 1
                                ELSE account.recent + 1 END AS recent) counted) next)
  WHERE account.wait_until <= clock_timestamp()
  RETURNING failures, greatest(0, ceil(extract(epoch FROM wait_until - now())))::int AS wait`;

/**
 * Counts failed passwords per account, and makes further attempts wait, regardless of the number of IP addresses used.
 */
@Injectable()
export class SignInAttemptsService {
  /** Number of attempts that this process refused because the account had to wait. */
  refused = 0;
  private readonly limits: FailureLimits | undefined;
  private readonly sessionLimits: FailureLimits | undefined;
  private readonly keys: CounterKeys;
  /**
   * Admits as many concurrent attempts as may fail, so that no correct password is refused because others are tried at
   * the same time.
   */
  private readonly turns: KeyedMutex;
  private readonly sessionTurns: KeyedMutex;

  constructor(
    @InjectRepository(SignInFailure) private readonly failures: Repository<SignInFailure>,
    private readonly audit: AuditService,
    { rateLimits, secretKey }: AuthSettings,
  ) {
    this.limits = rateLimits.failures;
    this.sessionLimits = rateLimits.sessionFailures;
    this.keys = new CounterKeys(secretKey);
    this.turns = new KeyedMutex(this.limits?.limit ?? 0);
    this.sessionTurns = new KeyedMutex(this.sessionLimits?.limit ?? 0);
  }

  /**
   * Verifies a password if an attempt is allowed now, and counts the attempt. Behaves in the same way for a name that
   * no account has.
   *
   * @param verify - Verifies the password. If it throws, the attempt is not counted.
   * @param admit - Called with the attempt when its turn has come; may throw before it is counted. Default: runs it.
   * @returns the result of `verify` with the consequences; a disabled password never matches.
   * @throws {TooManyRequestsError} if the account has to wait.
   */
  async check<T extends { matches: boolean }>(
    account: TriedAccount,
    verify: () => Promise<T>,
    admit: (attempt: () => Promise<T & Attempt>) => Promise<T & Attempt> = (attempt) => attempt(),
  ): Promise<T & Attempt> {
    const { limits } = this;
    if (!limits) return admit(async () => ({ ...(await verify()), ...NONE }));
    const counter: Counter = { name: 'failures', key: this.keyOf(account), limits };
    return this.turns.take(counter.key.toString('base64'), () =>
      admit(() => this.attempt(account, counter, verify)),
    );
  }

  /**
   * Verifies the password of a signed-in user, and counts the attempt for the session only. So guesses at the sign-in
   * do not lock out the owner, and a stolen access token cannot lock the sign-in.
   *
   * @param verify - Verifies the password. If it throws, the attempt is not counted.
   * @returns the result of `verify`; after a hundred consecutive failures, attempts of the session never match.
   * @throws {TooManyRequestsError} if the session has to wait.
   */
  async checkAgain<T extends { matches: boolean }>(
    session: TriedSession,
    verify: () => Promise<T>,
  ): Promise<T & Attempt> {
    const limits = this.sessionLimits;
    if (!limits) return { ...(await verify()), ...NONE };
    const key = this.keys.of('session', session.sessionId);
    const counter: Counter = { name: 'reauthentication', key, limits };
    return this.sessionTurns.take(key.toString('base64'), () => this.attempt(session, counter, verify));
  }

  /** Counts an attempt as failed, verifies the password, and deletes the failures after a success. */
  private async attempt<T extends { matches: boolean }>(
    tried: Pick<TriedAccount, 'userId' | 'client'>,
    counter: Counter,
    verify: () => Promise<T>,
  ): Promise<T & Attempt> {
    const { key, limits } = counter;
    const { failures, wait } = await this.count(counter);
    const found = await this.verify(verify, key, limits);
    const disableAfter = limits.disableAfter || Infinity;
    // The password may have been disabled before this attempt.
    if (!found.matches || failures > disableAfter) {
      const attempt = { failures, wait, disabled: failures >= disableAfter };
      if (wait > 0) await this.recordLock(tried, counter, attempt);
      return { ...found, ...attempt, matches: false };
    }
    await this.failures.query(`${QUICKLY} DELETE FROM auth_sign_in_failures USING quickly WHERE key = $1`, [
      key,
    ]);
    return { ...found, ...NONE };
  }

  /**
   * Records a wait. At most one event per wait, which is a hundred per day and account, regardless of the number of
   * attempts.
   */
  private async recordLock(
    { userId, client }: Pick<TriedAccount, 'userId' | 'client'>,
    { name }: Counter,
    attempt: Attempt,
  ): Promise<void> {
    const isSession = name === 'reauthentication';
    await this.audit.recordAlone({
      type: 'authn_login_lock',
      userId: userId ?? null,
      actorId: isSession ? (userId ?? null) : null,
      client,
      data: { ...attempt, ...(isSession && { reason: name }) },
    });
  }

  /** Deletes the failures of an account inside the transaction that replaces its password. */
  async clear(userId: string, tx: EntityManager): Promise<void> {
    await tx.delete(SignInFailure, { key: this.keyOf({ userId, login: '' }) });
  }

  /**
   * Deletes old counters: single mistakes after a day, more failures after 30 days, because an attacker could return
   * for as many. Counters that disable a password are kept.
   */
  async purge(signal?: AbortSignal): Promise<void> {
    const limits = this.limits ?? this.sessionLimits;
    if (!limits) return;
    await deleteInBatches(
      this.failures.manager.dataSource,
      'auth_sign_in_failures',
      `failures < $1 AND forget_at < now() - interval '1 day'
         OR failures < $2 AND forget_at < now() - interval '30 days'`,
      [limits.limit, limits.disableAfter || MAX_INTEGER],
      signal,
    );
  }

  /** @throws {TooManyRequestsError} if no attempt is allowed now. */
  private async count({ name, key, limits }: Counter): Promise<Pick<Attempt, 'failures' | 'wait'>> {
    const { limit, window, firstWait, longestWait } = limits;
    const parameters = [key, limit, window, firstWait, longestWait];
    const [counted] = await this.failures.query<Pick<Attempt, 'failures' | 'wait'>[]>(COUNT, parameters);
    if (counted) return counted;

    // There is no row if somebody signed in between the two statements.
    const [{ wait } = { wait: 0 }] = await this.failures.query<{ wait: number }[]>(
      `SELECT 1000 * extract(epoch FROM wait_until - now())::float AS wait FROM auth_sign_in_failures WHERE key = $1`,
      [key],
    );
    this.refused++;
    throw new TooManyRequestsError(name, { limit, window }, wholeSeconds(wait));
  }

  /** Verifies the password. An error, such as a full hash queue, undoes the count. */
  private async verify<T>(verify: () => Promise<T>, key: Buffer, { window }: FailureLimits): Promise<T> {
    try {
      return await verify();
    } catch (error) {
      // The password was not verified, so the attempt is not counted. If this fails, too, the first error is reported.
      await this.failures
        .query(
          `UPDATE auth_sign_in_failures
              SET failures = failures - 1, recent = recent - 1, wait_until = now(),
                  forget_at = least(forget_at, now() + make_interval(secs => $2))
            WHERE key = $1 AND recent > 0`,
          [key, window],
        )
        .catch(() => undefined);
      throw error;
    }
  }

  /** Returns the key of an account; for an unknown name, a key of the name, so that both behave in the same way. */
  private keyOf({ userId, login }: Pick<TriedAccount, 'userId' | 'login'>): Buffer {
    return userId ? this.keys.of('user', userId) : this.keys.of('name', canonicalLogin(login));
  }
}
