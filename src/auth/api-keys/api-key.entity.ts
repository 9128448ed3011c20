import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';
import { User } from '../../users/user.entity.js';

/** API key of a user: a token that a program sends instead of signing in. A revoked one has no row. */
@Entity({ name: 'auth_api_keys' })
@Unique('auth_api_keys_token_hash_key', ['tokenHash'])
@Index('auth_api_keys_user_id_idx', ['userId', 'id'])
@Index('auth_api_keys_expires_at_idx', ['expiresAt'])
export class ApiKey {
  /** A UUIDv7 (RFC 9562), which says nothing about the token. */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_api_keys_pkey' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_api_keys_user_id_fkey' })
  user: Relation<User>;

  /** Name by which its owner recognizes it. Not unique. */
  @Column('varchar', { length: 80 })
  name: string;

  /** SHA-256 of the token. A fast hash is enough, because the token is random and long. */
  @Column('bytea', { name: 'token_hash', select: false })
  tokenHash: Buffer;

  /** Last four letters of the token, by which its holder recognizes it. They are a part of its checksum. */
  @Column('char', { length: 4 })
  hint: string;

  /** Operations that it may do, as far as the role of its user permits, such as `users:read`. */
  @Column('text', { array: true })
  scopes: string[];

  /** User who created it: its owner, or an admin for a service account. `null` if unknown. */
  @Column('uuid', { name: 'created_by', nullable: true })
  createdBy: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'expires_at' })
  expiresAt: Date;

  /** Time of the message that it expires soon; `null` if none was sent. */
  @Column('timestamptz', { name: 'warned_at', nullable: true })
  warnedAt: Date | null;

  /** `null` until the first use. Exact to a minute; a process that is killed forgets its last minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt: Date | null;

  /** IP address of the client at the last use; `null` if unknown. */
  @Column('inet', { name: 'last_used_ip', nullable: true })
  lastUsedIp: string | null;
}
