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

/** Asks at a new email address whether its owner wants an account moved there. */
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
   * Sends a link to the new address, and a notice to the present one. If another account has the address, its owner is
   * told instead, and nobody else.
   *
   * @throws {InvalidCredentialsError} if the current password is wrong.
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
      // Whether or not the address is taken or its mailbox full, the link before this one ends: it would tell otherwise.
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
