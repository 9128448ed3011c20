import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../../../users/user.entity.js';

/** Sign-in that has begun with a verified proof and still needs another one. */
@Entity({ name: 'auth_sign_ins' })
@Index('auth_sign_ins_user_id_idx', ['userId'])
@Index('auth_sign_ins_expires_at_idx', ['expiresAt'])
export class PendingSignIn {
  /** SHA-256 of the sign-in token. A token has 256 random bits, so no slow or salted hash is needed. */
  @PrimaryColumn('bytea', { name: 'token_hash', primaryKeyConstraintName: 'auth_sign_ins_pkey' })
  tokenHash: Buffer;

  /** User whose first proof was verified. */
  @Column('uuid', { name: 'user_id' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_sign_ins_user_id_fkey' })
  user: Relation<User>;

  /** `sign-in`: it needs another proof. `enrol`: its account has no way to sign in yet, and gets the first one. */
  @Column('text', { default: 'sign-in' })
  purpose: string;

  /** Verified proofs: see `SignInMethod`. */
  @Column('text', { array: true })
  methods: string[];

  /** Session that it will start, if its proof allows one only; otherwise `null`. */
  @Column('uuid', { name: 'session_id', nullable: true })
  sessionId: string | null;

  /** Number of proofs that were tried, each counted before it is verified. */
  @Column('smallint', { default: 0 })
  failures: number;

  /** Ten minutes after the first proof; wrong codes do not extend it. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
