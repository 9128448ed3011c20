import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../../audit/audit.service.js';
import type { Client } from '../../../access/client.decorator.js';
import type { SessionPrincipal } from '../../../access/principal.js';
import { emailOf } from '../../../users/service-accounts/email-of.js';
import { UsersService } from '../../../users/users.service.js';
import { InvalidCredentialsError } from '../passwords.errors.js';
import { PasswordsService } from '../passwords.service.js';
import { type ConfirmedUser, Reauthentication } from '../reauthentication.js';
import { PasswordReplacement, PasswordReplacementService } from '../password-replacement.service.js';

/** Changes passwords, including all consequences. */
@Injectable()
export class PasswordChangeService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly reauthentication: Reauthentication,
    private readonly passwords: PasswordsService,
    private readonly replacement: PasswordReplacementService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Replaces the password of a signed-in user, and ends all of the user's other sessions.
   *
   * @param currentPassword - `undefined` if the user signed in recently.
   * @throws {InvalidInputError} if the new password is not allowed.
   * @throws {InvalidCredentialsError} if the current password is wrong.
   * @throws {ReauthenticationRequiredError} if it is missing, and the sign-in is not recent.
   */
  async change(
    principal: SessionPrincipal,
    currentPassword: string | undefined,
    newPassword: string,
    client: Client,
  ): Promise<void> {
    const { userId, sessionId, username, email } = principal;
    await this.passwords.assertAcceptable(newPassword, { username, email }, ['body', 'new_password']);
    const checked = await this.confirm(principal, currentPassword, client);
    const passwordHash = await this.passwords.hash(newPassword);
    await this.db.transaction(async (tx) => {
      await this.reauthentication.hold(checked, tx);
      await this.replacement.replace(
        userId,
        passwordHash,
        { reason: 'change', client, exceptSession: sessionId },
        tx,
      );
    });
  }

  /**
   * Sets the password of an account for an owner who cannot: if there is no email, or too many failures have
   * disabled the password. This allows taking over any account, so guard a route that calls it.
   *
   * @param replacement - Default: by the host's code.
   * @throws {NotFoundError} if there is no such account.
   * @throws {ServiceAccountError} if it is a service account.
   * @throws {InvalidInputError} if the password is not allowed.
   */
  async assign(
    userId: string,
    newPassword: string,
    replacement: Partial<PasswordReplacement> = {},
  ): Promise<void> {
    const user = await this.users.get(userId);
    const { username } = user;
    const email = emailOf(user);
    await this.passwords.assertAcceptable(newPassword, { username, email });
    const passwordHash = await this.passwords.hash(newPassword);
    await this.db.transaction((tx) =>
      this.replacement.replace(userId, passwordHash, { reason: 'application', ...replacement }, tx),
    );
  }

  /** Confirms the identity of the user, and records a wrong password in the audit trail. */
  private async confirm(
    principal: SessionPrincipal,
    password: string | undefined,
    client: Client,
  ): Promise<ConfirmedUser> {
    try {
      return await this.reauthentication.confirm(principal, password, client);
    } catch (error) {
      if (error instanceof InvalidCredentialsError) {
        const { userId } = principal;
        const event = { userId, actorId: userId, client, data: { reason: 'wrong_password' } };
        await this.audit.recordAlone({ type: 'authn_password_change_fail', ...event });
      }
      throw error;
    }
  }
}
