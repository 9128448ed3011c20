import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../../audit/audit.service.js';
import { PasswordLinksService } from '../../../auth/password-reset/password-links.service.js';
import { UsersService } from '../../../users/users.service.js';
import { ApiKeyChangesService } from '../../../auth/api-keys/api-key-changes.service.js';
import type { Operator } from '../operator.js';

/** Forces users to choose a new password, on behalf of admins. */
@Injectable()
export class ForcePasswordResetService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly passwordLinks: PasswordLinksService,
    private readonly apiKeys: ApiKeyChangesService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Disables the password of a user, ends all sessions, revokes all API keys, and sends a link to choose a new password.
   *
   * @returns whether the link is sent now; an inactive user gets it on activation.
   * @throws {NotFoundError} if there is no such account.
   * @throws {MailboxFullError} if the mailbox is over its budget.
   */
  async force(id: string, { principal, client }: Operator): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const isSent = await this.passwordLinks.force(await this.users.lock(id, tx), tx);
      await this.apiKeys.revokeAll(id, { actorId: principal.userId, client, reason: 'password_reset' }, tx);
      const event = { userId: id, actorId: principal.userId, client, data: { reason: 'administrator' } };
      await this.audit.record({ type: 'authn_password_reset_requested', ...event }, tx);
      return isSent;
    });
  }
}
