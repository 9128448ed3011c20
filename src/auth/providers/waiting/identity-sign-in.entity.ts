import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../../../users/user.entity.js';
import type { ProvenIdentity } from '../proven-identity.js';

/** Input that a sign-in with a provider waits for. */
export type IdentityStep =
  /** The verifier of the app that has begun it. */
  | 'app'
  /** A proof of the account that has the same email address. */
  | 'account'
  /** A username for the new account. */
  | 'username'
  /** An email address for the new account. */
  | 'email';

/** Sign-in with a provider whose identity is verified, while its account is not settled yet. */
@Entity({ name: 'auth_identity_sign_ins' })
@Index('auth_identity_sign_ins_session_id_key', ['sessionId'], { unique: true })
@Index('auth_identity_sign_ins_user_id_idx', ['userId'])
@Index('auth_identity_sign_ins_expires_at_idx', ['expiresAt'])
export class IdentitySignIn {
  /** SHA-256 of the sign-in token. A token has 256 random bits, so no slow or salted hash is needed. */
  @PrimaryColumn('bytea', { name: 'token_hash', primaryKeyConstraintName: 'auth_identity_sign_ins_pkey' })
  tokenHash: Buffer;

  /** The identity as it was verified, without claims or tokens of the provider. */
  @Column('jsonb')
  identity: ProvenIdentity;

  /** See {@link IdentityStep}. */
  @Column('text')
  step: string;

  /** SHA-256 of the verifier that the app keeps (RFC 7636); `null` unless it waits for it. */
  @Column('bytea', { name: 'app_challenge', nullable: true, select: false })
  appChallenge: Buffer | null;

  /** Session that will be started once the account is verified. When it starts, the identity is connected. */
  @Column('uuid', { name: 'session_id' })
  sessionId: string;

  /** User who has verified the account, while a second factor is still missing; otherwise `null`. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId: string | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_identity_sign_ins_user_id_fkey' })
  user: Relation<User> | null;

  /** Number of proofs that were tried, each counted before it is verified. */
  @Column('smallint', { default: 0 })
  failures: number;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
