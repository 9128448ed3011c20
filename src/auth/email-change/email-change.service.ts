import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import { MailService } from '../../mail/mail.service.js';
import { emailOf } from '../../users/service-accounts/email-of.js';
import { EmailUndos } from '../../users/held-names/email-undos.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { hashOf, newToken, OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';

/** Changes the email address of an account after its new mailbox confirmed it. */
@Injectable()
export class EmailChangeService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly tokens: OneTimeTokens,
    private readonly undos: EmailUndos,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sets the new email address, verified. Sessions continue. All earlier links are revoked; the old mailbox gets a link
   * that undoes the change within 7 days, if it was verified.
   *
   * @param token - Token from the message to the new email address.
   * @throws {InvalidMailTokenError} if the token is unknown, expired, used or replaced, or its user is inactive.
   * @throws {EmailTakenError} if another account took the email address in the meantime.
   */
  confirm(token: string, client: Client): Promise<User> {
    return this.db.transaction(async (tx) => {
      const { userId, email: newEmail } = await this.tokens.redeem(token, TokenPurpose.ChangeEmail, tx);
      const before = await this.users.get(userId, tx);
      const user = await this.users.changeEmail(userId, newEmail, tx);
      await this.tokens.revokeAll(userId, tx);
      // `enqueue` calls this only for a verified mailbox: an unverified one may not undo the change.
      const allowUndo = async () => {
        const undo = newToken();
        const expiresAt = await this.undos.allow(userId, emailOf(before), hashOf(undo), tx);
        return { newEmail, changedAt: new Date(), token: undo, expiresAt };
      };
      await this.mail.enqueue('email-changed', before, allowUndo, tx);
      const data = { changed: ['email'] };
      await this.audit.record({ type: 'user_updated', userId, actorId: userId, client, data }, tx);
      return user;
    });
  }
}
