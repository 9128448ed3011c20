import { Injectable } from '@nestjs/common';
import type { PasswordReason } from '../../settings/password-rule.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { hashQueue } from './hashing/hash-queue.js';
import { InvalidInputError } from '../../http/problem/problem.js';
import { MAX_PASSWORD_LENGTH, passwordProblems } from './policy/password-policy.js';
import { hashSchemes, readPasswordHash, type HashScheme } from './hashing/password-hash.js';

/** Number of steps to find out how long one takes. */
const FIRST_STEPS = 16;

/** Result of a password check. */
export interface PasswordCheck {
  /** Whether the password is correct. */
  matches: boolean;
  /**
   * Whether the password is correct and its hash has another scheme or cost than new hashes. Hash it again while the
   * password is at hand.
   */
  needsRehash: boolean;
}

/** Hashes and verifies passwords in a time that does not depend on the account. */
@Injectable()
export class PasswordsService {
  private readonly scheme: HashScheme;

  /** Moving average of the time in ms that a hash of the current scheme takes in this process; 0 before the first. */
  private usualTime = 0;
  /** Moving average of the time in ms of one step of {@link HashScheme.spend}; 0 before the first. */
  private stepTime = 0;

  constructor(private readonly settings: AuthSettings) {
    this.scheme = hashSchemes[settings.passwordHash];
  }

  /**
   * Checks a new password against the configured policy and the host's own rule.
   *
   * @param loc - Location of the password in the request, for the error.
   * @throws {InvalidInputError} with all reasons why it is not allowed.
   */
  async assertAcceptable(
    password: string,
    names: { username?: string; email?: string },
    loc = ['body', 'password'],
  ): Promise<void> {
    const { passwordPolicy: policy, passwordRule } = this.settings;
    const { username, email } = names;
    const reasons: PasswordReason[] = passwordProblems(password, { policy, username, email });
    if (password.length <= MAX_PASSWORD_LENGTH)
      reasons.push(...((await passwordRule?.(password, { username, email })) ?? []));
    if (reasons.length > 0) throw new InvalidInputError(reasons.map(({ code, msg }) => ({ loc, code, msg })));
  }

  /**
   * Hashes a password with the configured scheme.
   *
   * @throws {HashQueueFullError} if too many hashes are waiting.
   * @throws {RangeError} if the password is longer than {@link assertAcceptable} allows.
   */
  hash(password: string): Promise<string> {
    return hashQueue.run(() => this.timed(() => this.scheme.hash(password)));
  }

  /**
   * Verifies a password. All of these take the time of one current hash: a wrong password, a password longer than
   * {@link MAX_PASSWORD_LENGTH}, a missing user, a user without a password, a malformed hash, and a cheaper imported
   * hash. Only a more expensive imported hash takes longer, until its owner signs in.
   *
   * @param storedHash - `null` if there is no such user, or the user has no password; never matches.
   * @throws {HashQueueFullError} if too many hashes are waiting.
   */
  verify(password: string, storedHash: string | null): Promise<PasswordCheck> {
    return hashQueue.run(() => this.check(password, storedHash));
  }

  /**
   * Runs work that ends in {@link verify}, unless too much of it is running.
   *
   * @throws {HashQueueFullError} before the work starts.
   */
  admit<T>(work: () => Promise<T>): Promise<T> {
    return hashQueue.admit(work);
  }

  /** Verifies a password in the queue. Each path takes the time of a current hash. */
  private async check(password: string, storedHash: string | null): Promise<PasswordCheck> {
    const matchesStored = storedHash === null ? null : readPasswordHash(storedHash);
    if (!matchesStored || password.length > MAX_PASSWORD_LENGTH) {
      await this.timed(() => this.scheme.spend());
      return { matches: false, needsRehash: false };
    }
    if (storedHash?.startsWith(this.scheme.prefix)) {
      return { matches: await this.timed(() => matchesStored(password)), needsRehash: false };
    }

    const startedAt = performance.now();
    const matches = await matchesStored(password);
    // Also after a match: if the caller rejects the user for another reason, the time must not reveal that the password
    // was correct.
    if (this.usualTime === 0) await this.scheme.spend();
    else await this.spend(this.usualTime - (performance.now() - startedAt));
    return { matches, needsRehash: matches };
  }

  /** Spends a time in ms on steps of a hash, whose own time is measured each time. */
  private async spend(time: number): Promise<void> {
    const isUnknown = this.stepTime === 0;
    const steps = isUnknown ? FIRST_STEPS : Math.round(time / this.stepTime);
    if (steps < 1) return;
    const startedAt = performance.now();
    await this.scheme.spend(steps);
    const took = performance.now() - startedAt;
    this.stepTime = followed(this.stepTime, took / steps);
    if (isUnknown) await this.spend(time - took);
  }

  /** Runs a whole hash of the current scheme, and updates the average time. */
  private async timed<T>(wholeHash: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await wholeHash();
    const time = performance.now() - startedAt;
    // An average of recent hashes follows the load of the process, which slows the checks of imported hashes, too.
    this.usualTime = followed(this.usualTime, time);
    return result;
  }
}

/** Average of recent times, with a new one; 0 before the first. */
function followed(average: number, time: number): number {
  return average === 0 ? time : average + (time - average) / 8;
}
