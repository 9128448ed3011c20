import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/**
 * An attempt to register where addresses are private. The account begins with the link that is sent to the address; until
 * then, and for an address that has an account already, the attempt only holds the username. What is secret or a key is
 * not selected, as hosts can load every entity: `PendingRegistrations` reads it by plain SQL.
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

  /** Of the password that the account begins with. */
  @Column('varchar', { name: 'hashed_password', length: 255, select: false })
  passwordHash: string;

  /** From where the attempt came, for the reader of the mail: such as "Firefox on Linux, 203.0.113.0/24". */
  @Column('varchar', { length: 150 })
  origin: string;

  /** SHA-256 of the token in the link; `null` while no link was sent, or once it was refused. */
  @Column('bytea', { name: 'token_hash', nullable: true, select: false })
  tokenHash: Buffer | null;

  /** When the last link was sent. */
  @Column('timestamptz', { name: 'link_sent_at', nullable: true })
  linkSentAt: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  /** Then the link ends, and the username is free. */
  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;
}
