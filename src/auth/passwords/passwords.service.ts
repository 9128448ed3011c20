import { Injectable } from '@nestjs/common';
import type { PasswordReason } from '../../settings/password-rule.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { hashQueue } from './hashing/hash-queue.js';
import { InvalidInputError } from '../../http/problem/problem.js';
import { MAX_PASSWORD_LENGTH, passwordProblems } from './policy/password-policy.js';
import { hashSchemes, readPasswordHash, type HashScheme } from './hashing/password-hash.js';

/** What a check of a password found. */
export interface PasswordCheck {
  /** Whether the password is the right one. */
  matches: boolean;
  /** Whether it is, and its hash is of another scheme or cost than new ones: hash it again while it is known. */
  needsRehash: boolean;
}

/** Hashes passwords and checks them, at one price for all. */
@Injectable()
export class PasswordsService {
  private readonly scheme: HashScheme;

  /** How long a hash of today's scheme takes in this process at present, in milliseconds; 0 until the first. */
  private usualTime = 0;

  constructor(private readonly settings: AuthSettings) {
    this.scheme = hashSchemes[settings.passwordHash];
  }

  /**
   * Holds a new password against the policy of the settings, and the host's own rule.
   *
   * @param loc - Where it stood in the request, for the answer.
   * @throws {InvalidInputError} naming everything that speaks against it.
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
   * Hashes a password by the scheme of the settings.
   *
   * @throws {HashQueueFullError} if too many wait already.
   * @throws {RangeError} if it is longer than {@link assertAcceptable} takes.
   */
  hash(password: string): Promise<string> {
    return hashQueue.run(() => this.timed(() => this.scheme.hash(password)));
  }

  /**
   * Checks a password. A wrong one, one of more than {@link MAX_PASSWORD_LENGTH}, a user without one, a malformed hash and a cheap imported hash all take the time
   * of a hash of today; only an imported hash that is dearer takes its own, until its owner signs in.
   *
   * @param storedHash - `null` if there is no such user, or the user has no password: it never matches.
   * @throws {HashQueueFullError} if too many wait already.
   */
  verify(password: string, storedHash: string | null): Promise<PasswordCheck> {
    return hashQueue.run(() => this.check(password, storedHash));
  }

  /**
   * Does work that will come to {@link verify}, unless too much of it is under way.
   *
   * @throws {HashQueueFullError} if it is, before anything was done.
   */
  admit<T>(work: () => Promise<T>): Promise<T> {
    return hashQueue.admit(work);
  }

  private async check(password: string, storedHash: string | null): Promise<PasswordCheck> {
    const matchesStored = storedHash === null ? null : readPasswordHash(storedHash);
    if (!matchesStored || password.length > MAX_PASSWORD_LENGTH) {
      await this.timed(() => this.scheme.spend(1));
      return { matches: false, needsRehash: false };
    }
    if (storedHash?.startsWith(this.scheme.prefix)) {
      return { matches: await this.timed(() => matchesStored(password)), needsRehash: false };
    }

    const startedAt = performance.now();
    const matches = await matchesStored(password);
    const share = this.usualTime === 0 ? 1 : 1 - (performance.now() - startedAt) / this.usualTime;
    // After a match as well: a caller who then refuses for another reason must not tell by the time that it was one.
    if (share > 0) await this.scheme.spend(share);
    return { matches, needsRehash: matches };
  }

  private async timed<T>(wholeHash: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const result = await wholeHash();
    const time = performance.now() - startedAt;
    // A moving average follows the load, under which the check of an imported hash takes longer too.
    this.usualTime = this.usualTime === 0 ? time : this.usualTime + (time - this.usualTime) / 8;
    return result;
  }
}
