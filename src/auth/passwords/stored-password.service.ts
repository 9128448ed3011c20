import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { SignInAttemptsService } from '../../rate-limit/sign-in/sign-in-attempts.service.js';
import { PasswordHashes } from '../../users/password-hashes.js';
import type { User } from '../../users/user.entity.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { SignOutService } from '../sessions/sign-out.service.js';

/** Stores another password, or none, and ends all that the one before has led to. */
@Injectable()
export class StoredPasswordService {
  constructor(
    private readonly passwordHashes: PasswordHashes,
    private readonly signOut: SignOutService,
    private readonly attempts: SignInAttemptsService,
  ) {}

  /**
   * Stores the hash, ends sessions, revokes mail tokens, and resets the count of failed sign-ins.
   *
   * @param passwordHash - `null` removes the password.
   * @param exceptSession - Session that continues. Default: none.
   */
  async store(
    userId: string,
    passwordHash: string | null,
    exceptSession: string | undefined,
    tx: EntityManager,
  ): Promise<User> {
    const user = await this.passwordHashes.set(userId, passwordHash, tx);
    await this.signOut.everywhere(userId, SessionEnd.PasswordChanged, tx, { except: exceptSession });
    await this.attempts.clear(userId, tx);
    return user;
  }
}
