import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../../../users/user.entity.js';

/** Unused recovery code of a user. It is deleted when it is used. */
@Entity({ name: 'auth_recovery_codes' })
export class RecoveryCode {
  /** Part of the primary key, which also lists the codes of a user. */
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'auth_recovery_codes_pkey' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_recovery_codes_user_id_fkey' })
  user: Relation<User>;

  /** Keyed hash: a copy of the database alone does not reveal the 50 bits of a code. */
  @PrimaryColumn('bytea', { name: 'code_hash', primaryKeyConstraintName: 'auth_recovery_codes_pkey' })
  codeHash: Buffer;

  /** Same for all codes of a user, since they are replaced together. */
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt: Date;
}
