import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../../audit/audit.service.js';
import { MailService } from '../../../mail/mail.service.js';
import {
  DeletedUsersService,
  hasOtherEmail,
  type RestoredNames,
} from '../../../users/deleted-users.service.js';
import type { User } from '../../../users/user.entity.js';
import { AccessLinksService } from '../access-links.service.js';
import type { Operator } from '../operator.js';

/** Restores deleted accounts on behalf of admins. */
@Injectable()
export class RestoreUserService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly deleted: DeletedUsersService,
    private readonly links: AccessLinksService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Restores a deleted account within the grace period. The user can sign in as before; ended sessions stay ended.
   *
   * @param names - New names. Default: its own. A new email address is unverified and gets a verification link.
   * @throws {NotFoundError} if no such account was deleted.
   * @throws {InvalidInputError} if one of the names is not allowed.
   * @throws {ServiceAccountError} if there is an email address for a service account.
   * @throws {UsernameTakenError | EmailTakenError} if the username or the email address is taken.
   */
  async restore(id: string, names: RestoredNames, { principal, client }: Operator): Promise<User> {
    return this.db.transaction(async (tx) => {
      const { before, user } = await this.deleted.restore(id, names, tx);
      const hasMoved = hasOtherEmail(before, user);
      if (hasMoved && user.isActive) await this.links.verify(user, tx);
      if (before.username !== user.username)
        await this.mail.enqueue('username-changed', user, { changedAt: new Date() }, tx);
      if (user.isActive) await this.links.inviteAgain(user, tx);
      const renamed = before.username !== user.username && {
        before: { username: before.username },
        after: { username: user.username },
      };
      const data = { ...renamed, ...(hasMoved && { changed: ['email'] }) };
      const event = { userId: id, actorId: principal.userId, client, data };
      await this.audit.record({ type: 'user_restored', ...event }, tx);
      return user;
    });
  }
}
