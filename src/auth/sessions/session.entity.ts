import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** Reason why a session ended. */
export enum SessionEnd {
  Logout = 'logout',
  /** Unused for too long. Recorded at the next sign-in of its user. */
  Expired = 'expired',
  /** By the user, from another session. */
  Revoked = 'revoked',
  /** A refresh token was used again, so there is a copy of it. */
  Replay = 'replay',
  /** More sessions than a user may have. */
  Displaced = 'displaced',
  PasswordChanged = 'password_changed',
  UserDeactivated = 'user_deactivated',
  UserDeleted = 'user_deleted',
  /** A factor was added or removed, or recovery codes were replaced. */
  FactorsChanged = 'factors_changed',
  /** By an admin. */
  Administrator = 'administrator',
}

/**
 * One sign-in, until it ends. A refresh updates its row and adds none. It changes no indexed column, so that
 * Postgres does not touch the indexes (a HOT update).
 */
@Entity({ name: 'auth_sessions' })
@Index('auth_sessions_user_id_device_idx', ['userId', 'device', 'id'])
@Index('auth_sessions_user_id_live_idx', ['userId', 'id'], { where: 'ended_at IS NULL' })
@Index('auth_sessions_user_id_ended_at_idx', ['userId', 'endedAt'], { where: 'ended_at IS NOT NULL' })
@Index('auth_sessions_ended_at_idx', ['endedAt', 'id'], { where: 'ended_at IS NOT NULL' })
@Index('auth_sessions_absolute_expires_at_idx', ['absoluteExpiresAt'])
export class Session {
  /** A UUIDv7 (RFC 9562); the `sid` of access tokens. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_sessions_pkey' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_sessions_user_id_fkey' })
  user: Relation<User>;

  /** Number of refreshes: only the refresh token of this generation is valid. */
  @Column('integer', { default: 0 })
  generation: number;

  /**
   * Time of the first use of the newest generation; `null` while the client may not have received it. Until
   * then, the previous refresh token yields it again, however late.
   */
  @Column('timestamptz', { name: 'confirmed_at', nullable: true })
  confirmedAt: Date | null;

  /**
   * Number of generations in a row that were returned again after the grace period. Negative or 0: up to the
   * previous one. Positive: including this one.
   */
  @Column('smallint', { name: 'late_repeats', default: 0 })
  lateRepeats: number;

  /** Proofs of the sign-in: see `SignInMethod`. */
  @Column('text', { array: true, default: ['pwd'] })
  methods: string[];

  /** Time of the last proof. */
  @Column('timestamptz', { name: 'authenticated_at', default: () => 'now()' })
  authenticatedAt: Date;

  /** Time of the last second factor; `null` if there was none. */
  @Column('timestamptz', { name: 'second_factor_at', nullable: true })
  secondFactorAt: Date | null;

  /** IP address of the client at the last refresh or sign-in; `null` if unknown. */
  @Column('inet', { nullable: true })
  ip: string | null;

  @Column('varchar', { name: 'user_agent', length: 400, nullable: true })
  userAgent: string | null;

  /** Readable name of the device at the sign-in; `null` in rows older than this column. */
  @Column('varchar', { length: 60, nullable: true })
  device: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  /** Time of the sign-in or the last refresh. */
  @Column('timestamptz', { name: 'last_used_at' })
  lastUsedAt: Date;

  /** Time of expiry if it is not used before. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  /** Time of expiry regardless of use. */
  @Column('timestamptz', { name: 'absolute_expires_at' })
  absoluteExpiresAt: Date;

  /** `null` while it is active. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt: Date | null;

  @Column('varchar', { name: 'end_reason', length: 20, nullable: true })
  endReason: SessionEnd | null;
}
