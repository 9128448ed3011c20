import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import { readSnapshot } from '../../database/transactions.js';
import { fileFields } from '../../users/fields/account-fields.js';
import { type UserRecord, UsersInBulk } from '../../users/bulk/users-in-bulk.js';

/** Columns of an exported account, in order. */
const fields = fileFields.map(({ column }) => column);

/** Consistent snapshot of all accounts. */
export interface Snapshot {
  /** Fields to write. Records may contain others as well. */
  fields: readonly (keyof UserRecord)[];
  /** Approximate number of accounts; omitted if there are too many to count. */
  total?: number;
  /** Records ordered by id, in batches. Can be read once. */
  records: AsyncIterable<UserRecord[]>;
}

/** Exports all accounts. */
@Injectable()
export class UserExportService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersInBulk,
    private readonly audit: AuditService,
  ) {}

  /**
   * Reads all accounts except deleted ones from one snapshot, in constant memory and without blocking the service.
   * Recorded in the audit trail first.
   *
   * @param withHashes - Whether `fields` includes the password hashes.
   * @param consume - Reads the snapshot, which is closed when the promise settles.
   */
  async export<T>(withHashes: boolean, consume: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const data = { reason: withHashes ? 'export_with_hashes' : 'export' };
    await this.audit.recordAlone({ type: 'sensitive_read', userId: null, actorId: null, client: null, data });

    // Outside the transaction, which a failure would abort; only a progress bar needs the number.
    const total = await this.users.count(this.db.manager).catch(() => undefined);
    return readSnapshot(this.db, async (tx) => {
      // The reader of standard output may pause.
      await tx.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      return consume({
        fields: withHashes ? [...fields, 'password_hash' as const] : fields,
        total,
        records: this.users.read(tx),
      });
    });
  }
}
