import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../access/client.decorator.js';
import { AuditService } from '../audit/audit.service.js';
import { MailService } from '../mail/mail.service.js';
import { accountChanges } from './fields/account-changes.js';
import type { User } from './user.entity.js';

/** Records changes of accounts, regardless of who made them. */
@Injectable()
export class UserChangesService {
  constructor(
    private readonly audit: AuditService,
    private readonly mail: MailService,
  ) {}

  /**
   * Records changes in the audit trail, and notifies the user of a new username and of a deactivation.
   *
   * @param before - The account before the change.
   * @param after - The account after the change.
   */
  async tell(
    before: User,
    after: User,
    { actorId, client }: { actorId: string; client: Client },
    tx: EntityManager,
  ): Promise<void> {
    for (const { trail } of accountChanges(before, after))
      await this.audit.record({ ...trail, userId: after.id, actorId, client }, tx);
    if (before.isActive && !after.isActive) await this.mail.enqueue('account-deactivated', after, {}, tx);
    if (before.username !== after.username)
      await this.mail.enqueue('username-changed', after, { changedAt: new Date() }, tx);
  }
}
