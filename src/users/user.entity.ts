import {
  Check,
  Column,
  CreateDateColumn,
  DeleteDateColumn,
  Entity,
  Index,
  PrimaryColumn,
  UpdateDateColumn,
} from 'typeorm';
import { Role } from '../settings/role.js';
import { ownRoles, type RoleName } from '../settings/roles-option.js';

/** User of an account: a person, or a program with API keys only, which cannot sign in. */
export type UserKind = (typeof userKinds)[number];
export const userKinds = ['person', 'service'] as const;

/** Options of columns that only the trigger writes, and that no query selects by default. */
const KEPT_BY_TRIGGER = { select: false, insert: false, update: false } as const;

/**
 * An account.
 *
 * A trigger maintains its keys and the text for searches. The search index is over an expression, which
 * TypeORM cannot describe, so a migration creates it and `synchronize: false` keeps TypeORM from dropping it.
 */
@Entity({ name: 'auth_users' })
@Check('auth_users_kind_check', `"kind" IN ('person', 'service')`)
@Check('auth_users_kind_email_check', `("kind" = 'service') = ("email" IS NULL)`)
@Check(
  'auth_users_service_check',
  `"kind" <> 'service' OR "hashed_password" IS NULL AND "email_verified_at" IS NULL`,
)
@Check('auth_users_role_check', `"role" IN (${ownRoles.map((role) => `'${role}'`).join(', ')})`)
@Index('auth_users_username_key', ['usernameKey'], { unique: true, where: 'deleted_at IS NULL' })
@Index('auth_users_email_key', ['emailKey'], { unique: true, where: 'deleted_at IS NULL' })
@Index('auth_users_search_idx', { synchronize: false })
@Index('auth_users_created_at_idx', ['createdAt', 'id', 'role', 'isActive', 'emailVerifiedAt'], {
  where: 'deleted_at IS NULL',
})
@Index('auth_users_username_idx', ['usernameKey', 'id', 'role', 'isActive', 'emailVerifiedAt'], {
  where: 'deleted_at IS NULL',
})
@Index('auth_users_role_idx', ['role', 'createdAt', 'id', 'isActive', 'emailVerifiedAt'], {
  where: `role <> 'user' AND deleted_at IS NULL`,
})
@Index('auth_users_inactive_idx', ['createdAt', 'id', 'role', 'emailVerifiedAt'], {
  where: 'NOT is_active AND deleted_at IS NULL',
})
@Index('auth_users_verified_idx', ['createdAt', 'id', 'role', 'isActive'], {
  where: 'email_verified_at IS NOT NULL AND deleted_at IS NULL',
})
@Index('auth_users_unverified_idx', ['createdAt', 'id', 'role', 'isActive'], {
  where: 'email_verified_at IS NULL AND deleted_at IS NULL',
})
@Index('auth_users_service_idx', ['createdAt', 'id', 'role', 'isActive'], {
  where: `kind = 'service' AND deleted_at IS NULL`,
})
@Index('auth_users_deleted_idx', ['createdAt', 'id', 'role', 'isActive', 'emailVerifiedAt'], {
  where: 'deleted_at IS NOT NULL',
})
@Index('auth_users_deleted_username_idx', ['usernameKey', 'id', 'role', 'isActive', 'emailVerifiedAt'], {
  where: 'deleted_at IS NOT NULL',
})
@Index('auth_users_deleted_at_idx', ['deletedAt'], { where: 'deleted_at IS NOT NULL' })
@Index('auth_users_access_changed_at_idx', ['accessChangedAt', 'id'], {
  where: 'access_changed_at IS NOT NULL',
})
export class User {
  /** A UUIDv7 (RFC 9562), made by the application. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_users_pkey' })
  id: string;

  @Column('varchar', { length: 50 })
  username: string;

  /** At most 254 bytes (RFC 5321, errata 1690). `null` for a service account, and for no other. */
  @Column('varchar', { length: 254, nullable: true })
  email: string | null;

  /**
   * Canonical form of `username` for look-ups: see `canonicalUsername`. It only describes the column; no
   * `User` has it.
   */
  @Column({ type: 'varchar', name: 'username_key', length: 50, collation: 'C', ...KEPT_BY_TRIGGER })
  protected readonly usernameKey?: string;

  /**
   * Canonical form of `email` for look-ups: see `canonicalEmail`. It only describes the column; no `User` has
   * it.
   */
  @Column({
    ...{ type: 'varchar', name: 'email_key', length: 254, collation: 'C', nullable: true },
    ...KEPT_BY_TRIGGER,
  })
  protected readonly emailKey?: string | null;

  /**
   * Both keys and the full name in lowercase, one per line. It only describes the column; no `User` has it.
   */
  @Column({ type: 'text', name: 'search_text', collation: 'C', ...KEPT_BY_TRIGGER })
  protected readonly searchText?: string;

  /** `null` until the email address is verified. */
  @Column('timestamptz', { name: 'email_verified_at', nullable: true })
  emailVerifiedAt: Date | null;

  @Column('varchar', { name: 'full_name', length: 100, nullable: true })
  fullName: string | null;

  /**
   * In PHC, Passlib's, bcrypt's or Django's format; `null` while the account has no password. It only
   * describes the column; no `User` has it, since hosts return users to clients, also through relations. Only
   * `PasswordHashes` reads it.
   */
  @Column('varchar', { name: 'hashed_password', length: 255, nullable: true, select: false })
  protected readonly passwordHash?: string | null;

  @Column('varchar', { length: 20, default: Role.User })
  role: RoleName;

  /** Whether a person uses it, or a program. Never changes. */
  @Column('varchar', { length: 10, default: 'person' })
  kind: UserKind;

  /** `false` if the account is deactivated, which prevents sign-ins. */
  @Column('boolean', { name: 'is_active', default: true })
  isActive: boolean;

  /**
   * Role of the user who deactivated it, as a lower role may not undo that; `null` while it is active, or if
   * unknown.
   */
  @Column('varchar', { name: 'deactivated_by', length: 20, nullable: true })
  deactivatedBy: RoleName | null;

  /**
   * Number of changes of role, activation or deletion, counted by the database. An access token of a lower
   * generation is outdated, regardless of clocks.
   */
  @Column('integer', { name: 'access_generation', default: 0 })
  accessGeneration: number;

  /** Time at which the database last raised `accessGeneration`; `null` if never. */
  @Column('timestamptz', { name: 'access_changed_at', nullable: true })
  accessChangedAt: Date | null;

  /**
   * Time of deletion; the account is then no longer found, and the row is erased after the grace period.
   * `null` if not deleted.
   */
  @DeleteDateColumn({ name: 'deleted_at', type: 'timestamptz' })
  deletedAt: Date | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
