import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { User } from '../../users/user.entity.js';
import type { Client } from '../../access/client.decorator.js';
import type { SessionPrincipal } from '../../access/principal.js';
import type { AuditData } from '../../audit/new-audit-event.js';
import { AuditService } from '../../audit/audit.service.js';
import { MailService } from '../../mail/mail.service.js';
import { UsersService } from '../../users/users.service.js';
import { Reauthentication } from '../passwords/reauthentication.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { SignOutService } from '../sessions/sign-out.service.js';

/** Days for which a deleted account can still be restored by an admin. */
export const GRACE_DAYS = 30;
const DAY = 24 * 60 * 60 * 1000;

/** Deletes accounts. An account disappears at once; its data is erased after {@link GRACE_DAYS}. */
@Injectable()
export class AccountDeletionService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly reauthentication: Reauthentication,
    private readonly signOut: SignOutService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Deletes the account of the signed-in user.
   *
   * @param password - Current password, as proof; `undefined` if a recent sign-in is the proof.
   * @throws {ReauthenticationRequiredError} if there is neither.
   * @throws {InvalidCredentialsError} if the password is wrong.
   * @throws {LastAdminError} if no active admin would be left.
   */
  async remove(principal: SessionPrincipal, password: string | undefined, client: Client): Promise<void> {
    const checked = await this.reauthentication.confirm(principal, password, client);
    await this.db.transaction(async (tx) => {
      // Every change of an account locks the rows of admins first; the same order here avoids deadlocks.
      await this.users.lock(checked.user.id, tx);
      await this.reauthentication.hold(checked, tx);
      await this.removeAs(checked.user.id, checked.user, client, tx);
    });
  }

  /**
   * Deletes an account: ends its sessions, revokes its links, and notifies its owner.
   *
   * @param actorId - User who deletes it: the owner or an admin. `null` if the owner of the email address disowned the
   *   account; that person needs no notice.
   * @param data - Details for the audit event. Default none.
   * @throws {NotFoundError} if there is no such account.
   * @throws {LastAdminError} if no active admin would be left.
   */
  async removeAs(
    actorId: string | null,
    user: User,
    client: Client,
    tx: EntityManager,
    data: AuditData = {},
  ): Promise<void> {
    const { id } = user;
    const { deletedAt } = await this.users.remove(id, tx);
    await this.signOut.everywhere(id, SessionEnd.UserDeleted, tx);
    const erasedAt = new Date((deletedAt as Date).getTime() + GRACE_DAYS * DAY);
    if (actorId !== null) await this.mail.enqueue('account-deleted', user, { erasedAt }, tx);
    await this.audit.record({ type: 'user_deleted', userId: id, actorId, client, data }, tx);
  }
}
