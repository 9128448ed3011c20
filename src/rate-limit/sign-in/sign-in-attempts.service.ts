import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { canonicalLogin } from '../../names/canonical.js';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { NamedStatements } from '../../database/named-statements.js';
import type { Client } from '../../http/request/client.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { FailureLimits } from '../../settings/rate-limits/rate-limit-options.js';
import { CounterKeys } from '../counters/counter-keys.js';
import { TooManyRequestsError, wholeSeconds } from '../rate-limit.errors.js';
import { SignInFailure } from './sign-in-failure.entity.js';
import type { Attempt, Counter, TriedAccount, TriedSession } from './attempt.js';
import { FailureCounters } from './failure-counters.js';
import { KeyedMutex } from './keyed-mutex.js';

const MAX_INTEGER = 2 ** 31 - 1;
const NONE: Attempt = { failures: 0, wait: 0, disabled: false };

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
  private readonly counters: FailureCounters;

  constructor(
    @InjectRepository(SignInFailure) private readonly failures: Repository<SignInFailure>,
    private readonly audit: AuditService,
    named: NamedStatements,
    { rateLimits, secretKey }: AuthSettings,
  ) {
    this.counters = new FailureCounters(named);
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
    verify: (isDisabled: boolean) => Promise<T>,
  ): Promise<T & Attempt> {
    const limits = this.sessionLimits;
    if (!limits) return { ...(await verify(false)), ...NONE };
    const key = this.keys.of('session', session.sessionId);
    const counter: Counter = { name: 'reauthentication', key, limits };
    return this.sessionTurns.take(key.toString('base64'), () => this.attempt(session, counter, verify));
  }

  /**
   * Verifies a second factor of an account, and counts the attempt apart from those of its password, whose success does
   * not reset this count: otherwise somebody who knows the password could guess without limit.
   *
   * @param options.isNeverDisabled - Whether it can be verified even after too many consecutive failures. Default `false`.
   * @param verify - Verifies the factor, unless it is called with `true`: too many attempts have failed. If it throws,
   *   the attempt is not counted.
   * @throws {TooManyRequestsError} if the account has to wait.
   */
  checkFactor<T extends { matches: boolean }>(
    account: { userId: string; client: Client },
    verify: (isDisabled: boolean) => Promise<T>,
    options?: { isNeverDisabled?: boolean },
  ): Promise<T & Attempt> {
    return this.checkApart('factor', account.userId, account, verify, options);
  }

  /**
   * Verifies a code from an email, and counts the attempt for the email address, whether or not it has an account. Codes
   * expire by themselves, so they are never disabled.
   *
   * @param request.addressHash - Pseudonym of the email address.
   * @param verify - Verifies the code. If it throws, the attempt is not counted.
   * @throws {TooManyRequestsError} if the email address has to wait.
   */
  checkEmailCode<T extends { matches: boolean }>(
    { addressHash, userId, client }: { addressHash: Buffer; userId: string | null; client: Client },
    verify: () => Promise<T>,
  ): Promise<T & Attempt> {
    const tried = { userId: userId ?? undefined, client };
    return this.checkApart('email-code', addressHash.toString('hex'), tried, verify, {
      isNeverDisabled: true,
    });
  }

  /** Verifies a proof whose attempts are counted apart from those of passwords. */
  private async checkApart<T extends { matches: boolean }>(
    name: 'factor' | 'email-code',
    subject: string,
    tried: Pick<TriedAccount, 'userId' | 'client'>,
    verify: (isDisabled: boolean) => Promise<T>,
    { isNeverDisabled = false } = {},
  ): Promise<T & Attempt> {
    if (!this.limits) return { ...(await verify(false)), ...NONE };
    const limits = isNeverDisabled ? { ...this.limits, disableAfter: false as const } : this.limits;
    const key = this.keys.of(name, subject);
    return this.turns.take(key.toString('base64'), () => this.attempt(tried, { name, key, limits }, verify));
  }

  /** Deletes the failures of the second factors of an account inside the transaction that removes them. */
  async clearFactor(userId: string, tx: EntityManager): Promise<void> {
    await tx.delete(SignInFailure, { key: this.keys.of('factor', userId) });
  }

  /** Counts an attempt as failed, verifies it, and deletes the failures after a success. */
  private async attempt<T extends { matches: boolean }>(
    tried: Pick<TriedAccount, 'userId' | 'client'>,
    counter: Counter,
    verify: (isDisabled: boolean) => Promise<T>,
  ): Promise<T & Attempt> {
    const { key, limits } = counter;
    const { failures, wait } = await this.count(counter);
    const disableAfter = limits.disableAfter || Infinity;
    // It may have been disabled before this attempt.
    const isDisabled = failures > disableAfter;
    const found = await this.verify(() => verify(isDisabled), key, limits);
    if (!found.matches || isDisabled) {
      const attempt = { failures, wait, disabled: failures >= disableAfter };
      if (wait > 0) await this.recordLock(tried, counter, attempt);
      return { ...found, ...attempt, matches: false };
    }
    await this.counters.clear(key);
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
    const kind = (name === 'factor' || name === 'email-code') && { kind: name };
    await this.audit.recordAlone({
      type: 'authn_login_lock',
      userId: userId ?? null,
      actorId: isSession ? (userId ?? null) : null,
      client,
      data: { ...attempt, ...(isSession && { reason: name }), ...kind },
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
    const counted = await this.counters.count(key, limits);
    if ('failures' in counted) return counted;
    this.refused++;
    throw new TooManyRequestsError(name, limits, wholeSeconds(counted.waitLeft));
  }

  private async verify<T>(verify: () => Promise<T>, key: Buffer, limits: FailureLimits): Promise<T> {
    try {
      return await verify();
    } catch (error) {
      // It was not verified, so the attempt is not counted. If this fails, too, the first error is reported.
      await this.counters.uncount(key, limits).catch(() => undefined);
      throw error;
    }
  }

  private keyOf({ userId, login }: Pick<TriedAccount, 'userId' | 'login'>): Buffer {
    return userId ? this.keys.of('user', userId) : this.keys.of('name', canonicalLogin(login));
  }
}
