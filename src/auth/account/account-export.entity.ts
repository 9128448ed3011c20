import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** An export that is under way: of each account, one at a time. */
@Entity({ name: 'auth_account_exports' })
export class AccountExport {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'auth_account_exports_pkey' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_account_exports_user_id_fkey' })
  user: Relation<User>;

  /** Names this export among those of the account. */
  @Column('uuid')
  lease: string;

  /** From then on it counts as given up, such as by a process that is gone. Each part that is written moves it on. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
