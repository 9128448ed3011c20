import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { InvalidTokenError, ReauthenticationRequiredError } from '../../access/access.errors.js';
import type { Client } from '../../access/client.decorator.js';
import type { SessionHolder } from '../../access/principal.js';
import { isMet } from '../../access/recent-sign-in.js';
import { SignInAttemptsService } from '../../rate-limit/sign-in/sign-in-attempts.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { PasswordHashes } from '../../users/password-hashes.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { InvalidCredentialsError } from './passwords.errors.js';
import { PasswordsService } from './passwords.service.js';

/** User whose identity was confirmed, and how. */
export interface ConfirmedUser {
  user: User;
  /** Session of the user. */
  sessionId: string;
  /** Hash that the password was verified against; `null` if the recent sign-in of the session was enough. */
  passwordHash: string | null;
}

/**
 * Confirms the identity of a signed-in user before sensitive changes, so that a stolen access token alone cannot make
 * them.
 */
@Injectable()
export class Reauthentication {
  constructor(
    private readonly users: UsersService,
    private readonly passwordHashes: PasswordHashes,
    private readonly passwords: PasswordsService,
    private readonly attempts: SignInAttemptsService,
    private readonly sessions: SessionsService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Verifies the password of a signed-in user, or without one that the sign-in is recent. A wrong password is rejected
   * after a recent sign-in, too. Failures are counted per session, apart from failed sign-ins.
   *
   * @returns the account; {@link hold} it in the transaction that makes the change.
   * @throws {ReauthenticationRequiredError} if there is no password, and the sign-in is not recent.
   * @throws {InvalidCredentialsError} if the password is wrong, or the account has none.
   * @throws {TooManyRequestsError} after too many wrong passwords.
   */
  async confirm(caller: SessionHolder, password: string | undefined, client: Client): Promise<ConfirmedUser> {
    const { userId, sessionId } = caller;
    if (password === undefined) {
      const requirement = { within: this.settings.reauthenticationTtl, factors: 1 } as const;
      if (!isMet(requirement, caller)) throw new ReauthenticationRequiredError(requirement);
      return { user: await this.users.get(userId), sessionId, passwordHash: null };
    }
    const user = await this.users.get(userId);
    const passwordHash = await this.passwordHashes.find(userId);
    const { matches } = await this.attempts.checkAgain({ userId, sessionId, client }, () =>
      this.passwords.verify(password, passwordHash),
    );
    if (!matches || passwordHash === null) throw new InvalidCredentialsError();
    return { user, sessionId, passwordHash };
  }

  /**
   * Locks the account until the transaction ends, if what was confirmed still holds.
   *
   * @throws {InvalidCredentialsError} if the password was changed after it was confirmed.
   * @throws {InvalidTokenError} if the session with the recent sign-in has ended since.
   */
  async hold({ user, sessionId, passwordHash }: ConfirmedUser, tx: EntityManager): Promise<void> {
    if (passwordHash !== null) {
      const isSame = await this.passwordHashes.lockUnlessChanged({ user, passwordHash }, tx);
      if (!isSame) throw new InvalidCredentialsError();
      return;
    }
    // The account first, since every transaction that ends its sessions holds its row.
    const isActive = (await this.users.lockActive(user.id, tx)) !== null;
    if (!isActive || !(await this.sessions.isLive(sessionId, tx))) throw new InvalidTokenError();
  }
}
