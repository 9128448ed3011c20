import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** Running export of an account. The primary key allows one per account. */
@Entity({ name: 'auth_account_exports' })
export class AccountExport {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'auth_account_exports_pkey' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_account_exports_user_id_fkey' })
  user: Relation<User>;

  /** Random id of this export. A process whose export was taken over cannot renew or delete the new one. */
  @Column('uuid')
  lease: string;

  /**
   * Time from which the export counts as abandoned, for example because its process ended. Each written page postpones
   * it.
   */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
