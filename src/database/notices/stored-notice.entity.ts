import { Entity, PrimaryColumn } from 'typeorm';

/**
 * Notification that instances read from this table, instead of receiving it through `NOTIFY`. The table is unlogged (see its
 * migration): after a crash, every instance has to connect again, and then trusts nothing that it had cached.
 */
@Entity({ name: 'auth_notices' })
export class StoredNotice {
  /** Id of the transaction that has sent it. Later transactions have higher ids, but may commit earlier. */
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'auth_notices_pkey' })
  xid: string;

  @PrimaryColumn('varchar', { length: 200, primaryKeyConstraintName: 'auth_notices_pkey' })
  notice: string;
}
