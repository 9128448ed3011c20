import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import type { Principal } from '../../access/principal.js';
import { MailService } from '../../mail/mail.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { UsersService } from '../../users/users.service.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { Reauthentication } from '../passwords/reauthentication.js';

/** Sends confirmation links to new email addresses. */
@Injectable()
export class EmailChangeRequestsService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly reauthentication: Reauthentication,
    private readonly users: UsersService,
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Sends a link to the new email address and a notice to the current one. If another account uses the new email
   * address, its owner gets a notice instead of the link; the caller cannot tell the difference.
   *
   * @param currentPassword - Proof that the owner sends the request.
   * @throws {InvalidCredentialsError} if the current password is wrong.
   * @throws {TooManyRequestsError} after too many wrong passwords.
   */
  async request(
    principal: Principal,
    newEmail: string,
    currentPassword: string,
    client: Client,
  ): Promise<void> {
    const checked = await this.reauthentication.confirm(principal, currentPassword, client);
    const { userId } = principal;
    const owner = await this.users.findByLogin(newEmail);
    const isTaken = owner !== null && owner.id !== userId;

    const ttl = this.settings.emailChangeTtl;
    await this.db.transaction(async (tx) => {
      await this.reauthentication.hold(checked, tx);
      // Replaces the earlier link even if the email address is taken or its mailbox is over budget; otherwise the
      // earlier link would reveal which.
      const link = await this.tokens.issue(
        { userId, purpose: TokenPurpose.ChangeEmail, email: newEmail, ttl },
        tx,
      );
      if (isTaken) {
        const key = `registration-attempt ${owner.id}`;
        await this.mail.enqueue('registration-attempt', owner, {}, tx, { key });
      } else {
        const recipient = { email: newEmail, emailVerifiedAt: null };
        const key = `confirm-email-change ${userId}`;
        await this.mail.enqueue('confirm-email-change', recipient, link, tx, { key });
      }
      await this.mail.enqueue('email-change-notice', checked.user, { newEmail }, tx);
      const event = { userId, actorId: userId, client };
      await this.audit.record({ type: 'authn_email_change_requested', ...event }, tx);
    });
  }
}
