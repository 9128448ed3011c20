import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/**
 * Pending registration under strict privacy. The account is created when the link in the email is opened; until then,
 * and if the email address already has an account, it only reserves the username. Secrets and keys are not selected,
 * because hosts can load every entity; `PendingRegistrations` reads them with plain SQL.
 */
@Entity({ name: 'auth_pending_registrations' })
@Unique('auth_pending_registrations_username_key', ['usernameKey'])
@Unique('auth_pending_registrations_token_hash_key', ['tokenHash'])
@Index('auth_pending_registrations_email_idx', ['emailKey', 'createdAt'])
@Index('auth_pending_registrations_expires_at_idx', ['expiresAt'])
export class PendingRegistration {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_pending_registrations_pkey' })
  id: string;

  @Column('varchar', { length: 50 })
  username: string;

  /** Its canonical form. */
  @Column('varchar', { name: 'username_key', length: 50, select: false })
  usernameKey: string;

  @Column('varchar', { length: 254 })
  email: string;

  /** Its canonical form. */
  @Column('varchar', { name: 'email_key', length: 254, select: false })
  emailKey: string;

  @Column('varchar', { name: 'full_name', length: 100, nullable: true })
  fullName: string | null;

  /** Hash of the password of the future account; `null` if it is to have none. */
  @Column('varchar', { name: 'hashed_password', length: 255, nullable: true, select: false })
  passwordHash: string | null;

  /** Device and network of the registration, shown in the email, such as "Firefox on Linux, 203.0.113.0/24". */
  @Column('varchar', { length: 150 })
  origin: string;

  /** SHA-256 of the token in the link; `null` before a link is sent, and after it was disowned. */
  @Column('bytea', { name: 'token_hash', nullable: true, select: false })
  tokenHash: Buffer | null;

  /** Time at which the last link was sent. */
  @Column('timestamptz', { name: 'link_sent_at', nullable: true })
  linkSentAt: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  /** Time at which the link expires and the username is released. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
