import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** Purpose of a token. A token is valid for its own purpose only. */
export enum TokenPurpose {
  VerifyEmail = 'verify_email',
  ResetPassword = 'reset_password',
  ChangeEmail = 'change_email',
}

/**
 * Current token of a user for a purpose. The primary key allows one, so a new token replaces the older one, even if two
 * are requested at the same time.
 */
@Entity({ name: 'auth_one_time_tokens' })
@Unique('auth_one_time_tokens_token_hash_key', ['tokenHash'])
@Index('auth_one_time_tokens_expires_at_idx', ['expiresAt'])
export class OneTimeToken {
  @PrimaryColumn('uuid', { name: 'user_id', primaryKeyConstraintName: 'auth_one_time_tokens_pkey' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_one_time_tokens_user_id_fkey' })
  user: Relation<User>;

  @PrimaryColumn('varchar', { length: 20, primaryKeyConstraintName: 'auth_one_time_tokens_pkey' })
  purpose: TokenPurpose;

  /** SHA-256 of the token. A token has 256 random bits, so no slow or salted hash is needed. */
  @Column('bytea', { name: 'token_hash', select: false })
  tokenHash: Buffer;

  /** Email address that the token was sent to; redeeming the token verifies it. */
  @Column('varchar', { length: 254 })
  email: string;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
