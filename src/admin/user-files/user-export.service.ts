import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { fileFields } from '../../users/fields/account-fields.js';
import { type UserRecord, UsersInBulk } from '../../users/bulk/users-in-bulk.js';

/** What an account in a file has, in this order. */
const fields = fileFields.map(({ column }) => column);

/** All accounts as they are at one moment. */
export interface Snapshot {
  /** Which fields to write; of others there may be values as well. */
  fields: readonly (keyof UserRecord)[];
  /** How many accounts there are about now; left out if there are too many to count. */
  total?: number;
  /** To be read once, in the order of their ids. */
  records: AsyncIterable<UserRecord[]>;
}

/** Gives out all accounts. */
@Injectable()
export class UserExportService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersInBulk,
    private readonly audit: AuditService,
  ) {}

  /**
   * Reads all accounts but deleted ones, in constant memory, while the service goes on.
   *
   * @param withHashes - Whether the fields are to have the password hashes among them.
   * @param consume - Is done when it resolves.
   */
  async export<T>(withHashes: boolean, consume: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const data = { reason: withHashes ? 'export_with_hashes' : 'export' };
    await this.audit.recordAlone({ type: 'sensitive_read', userId: null, actorId: null, client: null, data });

    // Beforehand: a failure would end the transaction, and only a progress bar needs it.
    const total = await this.users.count(this.db.manager).catch(() => undefined);
    return this.db.transaction('REPEATABLE READ', async (tx) => {
      await tx.query('SET TRANSACTION READ ONLY');
      // Whoever reads our standard output may take a break.
      await tx.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      return consume({
        fields: withHashes ? [...fields, 'password_hash' as const] : fields,
        total,
        records: this.users.read(tx),
      });
    });
  }
}
