import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { SessionPrincipal } from '../../access/principal.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { PasswordHashes } from '../../users/password-hashes.js';
import { PasswordReplacementService } from '../passwords/password-replacement.service.js';
import { PasswordsService } from '../passwords/passwords.service.js';
import { Reauthentication } from '../passwords/reauthentication.js';
import { assertCanDoWithoutPassword } from './sign-in-ways.js';
import { PasswordExistsError } from './ways-in.errors.js';

/** Removes passwords of accounts with other ways to sign in, and adds one again. */
@Injectable()
export class OwnPasswordService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly passwordHashes: PasswordHashes,
    private readonly passwords: PasswordsService,
    private readonly reauthentication: Reauthentication,
    private readonly replacement: PasswordReplacementService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Removes the password of a signed-in user, and ends all other sessions. Does nothing if there is none.
   *
   * @throws {ReauthenticationRequiredError} if the sign-in is not recent.
   * @throws {LastSignInMethodError} if the user could not sign in without it.
   */
  async remove(principal: SessionPrincipal, client: Client): Promise<void> {
    const { userId, sessionId } = principal;
    const confirmed = await this.reauthentication.confirm(principal, undefined, client);
    await this.db.transaction(async (tx) => {
      await this.reauthentication.hold(confirmed, tx);
      if ((await this.passwordHashes.find(userId, tx)) === null) return;
      await assertCanDoWithoutPassword(userId, this.settings, tx);
      await this.replacement.remove(userId, { client, exceptSession: sessionId }, tx);
    });
  }

  /**
   * Sets the password of a signed-in user who has none, and ends all other sessions.
   *
   * @throws {InvalidInputError} if the password is not allowed.
   * @throws {ReauthenticationRequiredError} if the sign-in is not recent.
   * @throws {PasswordExistsError} if there is one, also if another request has set it at the same time.
   */
  async set(principal: SessionPrincipal, newPassword: string, client: Client): Promise<void> {
    const { userId, sessionId, username, email } = principal;
    await this.passwords.assertAcceptable(newPassword, { username, email }, ['body', 'new_password']);
    const confirmed = await this.reauthentication.confirm(principal, undefined, client);
    await this.assertNone(userId);
    const passwordHash = await this.passwords.hash(newPassword);
    await this.db.transaction(async (tx) => {
      await this.reauthentication.hold(confirmed, tx);
      await this.assertNone(userId, tx);
      const circumstances = { reason: 'change', client, exceptSession: sessionId } as const;
      await this.replacement.replace(userId, passwordHash, circumstances, tx);
    });
  }

  /** Without a transaction only to save the time of a hash; the one that holds the account decides. */
  private async assertNone(userId: string, tx?: EntityManager): Promise<void> {
    if ((await this.passwordHashes.find(userId, tx)) !== null) throw new PasswordExistsError();
  }
}
