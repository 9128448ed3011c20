import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../user.entity.js';

/** Change of an email address that its old mailbox can undo. Until it expires, the old email address is reserved. */
@Entity({ name: 'auth_email_undos' })
@Index('auth_email_undos_user_id_idx', ['userId'])
@Index('auth_email_undos_email_key_idx', ['emailKey'])
@Index('auth_email_undos_expires_at_idx', ['expiresAt'])
export class EmailUndo {
  /** SHA-256 of the token in the link. */
  @PrimaryColumn('bytea', { name: 'token_hash', primaryKeyConstraintName: 'auth_email_undos_pkey' })
  tokenHash: Buffer;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_email_undos_user_id_fkey' })
  user: Relation<User>;

  /** Old email address. */
  @Column('varchar', { length: 254 })
  email: string;

  /** Its canonical form. */
  @Column('varchar', { name: 'email_key', length: 254, select: false })
  emailKey: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
