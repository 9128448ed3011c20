import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** Request for a code by email. The code is worth nothing without the token of the client that requested it. */
@Entity({ name: 'auth_email_codes' })
@Index('auth_email_codes_address_hash_idx', ['addressHash', 'expiresAt'])
@Index('auth_email_codes_user_id_idx', ['userId'])
@Index('auth_email_codes_expires_at_idx', ['expiresAt'])
export class EmailCode {
  /** SHA-256 of the purpose and the token. */
  @PrimaryColumn('bytea', { name: 'token_hash', primaryKeyConstraintName: 'auth_email_codes_pkey' })
  tokenHash: Buffer;

  /** MAC of the email address, which need not belong to an account, so it is not stored itself. */
  @Column('bytea', { name: 'address_hash', select: false })
  addressHash: Buffer;

  /** Owner of the email address; `null` if there is none, or until the message is queued. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId: string | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE', nullable: true })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_email_codes_user_id_fkey' })
  user: Relation<User> | null;

  /** MAC of the code and the token's hash; `null` as long as there is no code, so every one is wrong. */
  @Column('bytea', { name: 'code_hash', nullable: true, select: false })
  codeHash: Buffer | null;

  /** Number of codes that were tried, each counted before it is verified. */
  @Column('smallint', { default: 0 })
  failures: number;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
