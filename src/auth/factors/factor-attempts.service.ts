import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { MailService } from '../../mail/mail.service.js';
import { SignInAttemptsService } from '../../rate-limit/sign-in/sign-in-attempts.service.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { InvalidProofError } from './factors.errors.js';
import type { FactorName } from './factors.service.js';

/** Consecutive wrong codes after which the user is warned that somebody knows the password. */
const WARN_AFTER = 5;

/** Attempt to use a code. */
export interface FactorAttempt<T> {
  userId: string;
  /** User who is signed in; `null` at a sign-in. */
  actorId: string | null;
  /** Name of the tried proof. */
  factor: FactorName;
  client: Client;
  /** Whether the password was verified just before, so that its owner is warned after several wrong codes. */
  isAfterPassword: boolean;
  /** Number of attempts, this one included, if it was already counted elsewhere too. Default 0. */
  tries?: number;
  /**
   * Locks the account until the transaction ends, and returns it; `null` if it is inactive. If it throws, the attempt is not
   * counted. Default: loads it, too.
   */
  lock?(tx: EntityManager): Promise<User | null>;
  /**
   * Uses the code in a transaction that has locked the account. If it returns `null`, the code is wrong, and the
   * transaction is rolled back.
   */
  use(user: User, tx: EntityManager): Promise<T | null>;
}

/** Rolls a transaction back because the code is wrong. */
class WrongCode extends Error {}

/** Counts attempts to use codes before they are verified, and records wrong ones. */
@Injectable()
export class FactorAttemptsService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly attempts: SignInAttemptsService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Runs a transaction that uses a code.
   *
   * @throws {InvalidProofError} if the code is wrong, or the account is inactive.
   * @throws {TooManyRequestsError} if the account has to wait.
   */
  async take<T>(attempt: FactorAttempt<T>): Promise<T> {
    const { userId, factor, client, tries = 0 } = attempt;
    const verify = async (isDisabled: boolean) => {
      const result = isDisabled ? null : await this.tryTo(attempt);
      return { result, matches: result !== null };
    };
    // A recovery code of 50 bits and a signature cannot be guessed, and are the way back after too many wrong codes of an
    // app.
    const isNeverDisabled = factor !== 'totp';
    const { result, matches, failures } = await this.attempts.checkFactor({ userId, client }, verify, {
      isNeverDisabled,
    });
    if (matches) return result as T;
    // Without rate limits, only those of one sign-in are counted.
    const inARow = failures || tries;
    await this.recordWrong(attempt, attempt.isAfterPassword && inARow === WARN_AFTER);
    throw new InvalidProofError();
  }

  /** Runs the transaction of an attempt. Returns `null` if the code is wrong, or the account is inactive. */
  private async tryTo<T>({ userId, lock, use }: FactorAttempt<T>): Promise<T | null> {
    try {
      return await this.db.transaction(async (tx) => {
        const user = await (lock ? lock(tx) : this.users.lockActive(userId, tx));
        const result = user && (await use(user, tx));
        if (result === null) throw new WrongCode();
        return result;
      });
    } catch (error) {
      if (error instanceof WrongCode) return null;
      throw error;
    }
  }

  /** Records a wrong code in a transaction of its own, since that of the attempt was rolled back. */
  private async recordWrong<T>(
    { userId, actorId, factor, client }: FactorAttempt<T>,
    isWarned: boolean,
  ): Promise<void> {
    const data = { factor };
    await this.db.transaction(async (tx) => {
      await this.audit.record({ type: 'authn_factor_fail', userId, actorId, client, data }, tx);
      const user = isWarned && (await this.users.find(userId, tx));
      if (user) await this.mail.enqueue('password-known', user, {}, tx);
    });
  }
}
