import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** Why a session ended before its time. */
export enum SessionEnd {
  Logout = 'logout',
  /** Nobody used it for too long. Noted at the next sign-in of its user. */
  Expired = 'expired',
  /** By the user, from another session. */
  Revoked = 'revoked',
  /** A refresh token was used again: somebody has a copy. */
  Replay = 'replay',
  /** More sessions than a user may have. */
  Displaced = 'displaced',
  PasswordChanged = 'password_changed',
  UserDeactivated = 'user_deactivated',
  UserDeleted = 'user_deleted',
  /** By an administrator. */
  Administrator = 'administrator',
}

/**
 * One sign-in, from then until it ends. A refresh changes its row and adds none; and it changes no indexed column,
 * so that Postgres need not touch the indexes (a HOT update).
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

  /** How often the session was refreshed: only the refresh token of this generation is good. */
  @Column('integer', { default: 0 })
  generation: number;

  /**
   * When the newest generation was first seen in use; `null` as long as its holder may not have got it: until then the
   * refresh token before it gets it again, however late.
   */
  @Column('timestamptz', { name: 'confirmed_at', nullable: true })
  confirmedAt: Date | null;

  /**
   * Generations in a row that somebody got again after the grace. Negative, or 0: up to the one before this. Positive:
   * with this one.
   */
  @Column('smallint', { name: 'late_repeats', default: 0 })
  lateRepeats: number;

  /** How its user has proven who they are: `pwd` (RFC 8176), or `legacy` for a token of the FastAPI service. */
  @Column('text', { array: true, default: ['pwd'] })
  methods: string[];

  /** When its user has last done so. */
  @Column('timestamptz', { name: 'authenticated_at', default: () => 'now()' })
  authenticatedAt: Date;

  /** The client's address at the last refresh or sign-in; `null` if it is not known. */
  @Column('inet', { nullable: true })
  ip: string | null;

  @Column('varchar', { name: 'user_agent', length: 400, nullable: true })
  userAgent: string | null;

  /** The readable name of the device when the session began; `null` in rows from before there was this column. */
  @Column('varchar', { length: 60, nullable: true })
  device: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  /** When it was signed in or last refreshed. */
  @Column('timestamptz', { name: 'last_used_at' })
  lastUsedAt: Date;

  /** It ends then unless it is used before. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  /** It ends then however much it is used. */
  @Column('timestamptz', { name: 'absolute_expires_at' })
  absoluteExpiresAt: Date;

  /** `null` while it lives. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt: Date | null;

  @Column('varchar', { name: 'end_reason', length: 20, nullable: true })
  endReason: SessionEnd | null;
}
