import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { MailService } from '../../mail/mail.service.js';
import { EmailUndos } from '../../users/held-names/email-undos.js';
import { UsersService } from '../../users/users.service.js';
import { InvalidMailTokenError } from '../one-time-tokens/one-time-tokens.errors.js';
import { hashOf } from '../one-time-tokens/one-time-tokens.js';
import { ReclaimedAccountService } from './reclaimed-account.service.js';

/** Reverts a changed email address at the request of the old mailbox. */
@Injectable()
export class EmailUndoService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly undos: EmailUndos,
    private readonly users: UsersService,
    private readonly reclaimed: ReclaimedAccountService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Restores the old email address, and closes the account to the person who changed it: see
   * {@link ReclaimedAccountService}. The old mailbox gets a link to choose a new password.
   *
   * @param token - Token from the message to the old email address.
   * @throws {InvalidMailTokenError} if the token is unknown, expired or used, or its user is inactive.
   * @throws {EmailTakenError} if an import assigned the old email address to another account.
   */
  async undo(token: string, client: Client): Promise<void> {
    await this.db.transaction(async (tx) => {
      const undone = await this.undos.take(hashOf(token), tx);
      if (!undone) throw new InvalidMailTokenError();
      const { userId, email, changedAt } = undone;
      const before = await this.users.get(userId, tx);
      const user = await this.users.returnEmail(userId, email, tx);
      await this.reclaimed.close(user, changedAt, client, tx);
      await this.mail.enqueue('email-change-undone', before, { changedAt: new Date() }, tx);
      const data = { changed: ['email'], reason: 'undone' };
      await this.audit.record({ type: 'user_updated', userId, actorId: null, client, data }, tx);
    });
  }
}
