import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { MailService } from '../../mail/mail.service.js';
import { DeletedUsersService } from '../../users/deleted-users.service.js';
import { GRACE_DAYS } from './account-deletion.service.js';

/** Erases the data of deleted accounts every night. */
@Injectable()
export class AccountErasureService {
  private readonly logger = new Logger(AccountErasureService.name);

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly deleted: DeletedUsersService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    jobs: JobsService,
  ) {
    jobs.schedule('erase-deleted-accounts', '17 3 * * *', () => this.erase());
  }

  /**
   * Erases accounts that were deleted more than {@link GRACE_DAYS} days ago, in batches of one transaction each.
   * Messages that wait for their owners are discarded.
   */
  async erase(): Promise<void> {
    let erased: number;
    do {
      erased = await this.db.transaction(async (tx) => {
        const accounts = await this.deleted.erase(GRACE_DAYS, tx);
        for (const { id, email } of accounts) {
          if (email !== null) await this.mail.discard(email, tx);
          await this.audit.record({ type: 'user_erased', userId: id, actorId: null, client: null }, tx);
        }
        return accounts.length;
      });
      if (erased > 0) this.logger.log(`Removed the data of ${erased} deleted accounts`);
    } while (erased > 0);
  }
}
