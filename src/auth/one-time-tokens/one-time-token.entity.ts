import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** What the link in a mail is for. A token of one purpose is good for no other. */
export enum TokenPurpose {
  VerifyEmail = 'verify_email',
  ResetPassword = 'reset_password',
  ChangeEmail = 'change_email',
}

/**
 * The one token that a user has for a purpose. The key makes it one: a new token takes the place of the older one, also
 * where two are asked for at the same moment.
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

  /** SHA-256. The token has 256 random bits, so nothing slower or salted is needed. */
  @Column('bytea', { name: 'token_hash', select: false })
  tokenHash: Buffer;

  /** Where the token was sent, which its use proves. */
  @Column('varchar', { length: 254 })
  email: string;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
