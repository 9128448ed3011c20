import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import { MailService } from '../../mail/mail.service.js';
import { EmailUndos } from '../../users/held-names/email-undos.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { hashOf, newToken, OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';

/** Moves an account to another email address, once somebody who reads mail there agrees. */
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
   * Gives the account its new address, which is proven by that. Sessions go on; links that went to the old address end, but for
   * one to undo the change, for 7 days.
   *
   * @param token - The secret from the mail to the new address.
   * @throws {InvalidMailTokenError} if the token is unknown, expired, used or replaced, or its user is inactive.
   * @throws {EmailTakenError} if another account has got the address in the meantime.
   */
  confirm(token: string, client: Client): Promise<User> {
    return this.db.transaction(async (tx) => {
      const { userId, email: newEmail } = await this.tokens.redeem(token, TokenPurpose.ChangeEmail, tx);
      const before = await this.users.get(userId, tx);
      const user = await this.users.changeEmail(userId, newEmail, tx);
      await this.tokens.revokeAll(userId, tx);
      // Only a mailbox that was shown to be the owner's gets it, and only such a one may undo the change.
      const allowUndo = async () => {
        const undo = newToken();
        const expiresAt = await this.undos.allow(userId, before.email, hashOf(undo), tx);
        return { newEmail, changedAt: new Date(), token: undo, expiresAt };
      };
      await this.mail.enqueue('email-changed', before, allowUndo, tx);
      const data = { changed: ['email'] };
      await this.audit.record({ type: 'user_updated', userId, actorId: userId, client, data }, tx);
      return user;
    });
  }
}
