import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { User } from '../../users/user.entity.js';
import type { Client } from '../../access/client.decorator.js';
import type { Principal } from '../../access/principal.js';
import type { AuditData } from '../../audit/new-audit-event.js';
import { AuditService } from '../../audit/audit.service.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { MailService } from '../../mail/mail.service.js';
import { UsersService } from '../../users/users.service.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { Reauthentication } from '../passwords/reauthentication.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { SessionsService } from '../sessions/sessions.service.js';

/** Days in which a deletion can be undone. */
const GRACE_DAYS = 30;
const DAY = 24 * 60 * 60 * 1000;

/** Deletes accounts: at once for everyone to see, and for good after the days of grace. */
@Injectable()
export class AccountDeletionService {
  private readonly logger = new Logger(AccountDeletionService.name);

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly reauthentication: Reauthentication,
    private readonly sessions: SessionsService,
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    jobs: JobsService,
  ) {
    jobs.schedule('erase-deleted-accounts', '17 3 * * *', () => this.erase());
  }

  /**
   * Deletes one's own account.
   *
   * @throws {InvalidCredentialsError} if the password is wrong.
   * @throws {LastAdminError} if no active administrator would be left.
   */
  async remove(principal: Principal, password: string, client: Client): Promise<void> {
    const { user } = await this.reauthentication.confirm(principal, password, client);
    await this.db.transaction((tx) => this.removeAs(user.id, user, client, tx));
  }

  /**
   * Deletes an account on behalf of somebody, with all that belongs to it: sessions and mail tokens end, the owner is
   * told.
   *
   * @param actorId - Who does it: the owner, or an admin; `null` for the owner of the address who knows nothing of it, and
   *   needs no notice.
   * @throws {NotFoundError} if there is no such account.
   * @throws {LastAdminError} if no active administrator would be left.
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
    await this.sessions.endAll(id, SessionEnd.UserDeleted, tx);
    await this.tokens.revokeAll(id, tx);
    const erasedAt = new Date((deletedAt as Date).getTime() + GRACE_DAYS * DAY);
    if (actorId !== null) await this.mail.enqueue('account-deleted', user, { erasedAt }, tx);
    await this.audit.record({ type: 'user_deleted', userId: id, actorId, client, data }, tx);
  }

  /** Removes for good what was deleted before the days of grace. */
  async erase(): Promise<void> {
    let erased: number;
    do {
      erased = await this.db.transaction(async (tx) => {
        const accounts = await this.users.erase(GRACE_DAYS, tx);
        for (const { id, email } of accounts) {
          await this.mail.discard(email, tx);
          await this.audit.record({ type: 'user_erased', userId: id, actorId: null, client: null }, tx);
        }
        return accounts.length;
      });
      if (erased > 0) this.logger.log(`Removed the data of ${erased} deleted accounts`);
    } while (erased > 0);
  }
}
