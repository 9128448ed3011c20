import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation, Unique } from 'typeorm';
import { User } from '../../../users/user.entity.js';

/** Passkey of a user: the public key of a credential of an authenticator (WebAuthn Level 3, 4). */
@Entity({ name: 'auth_passkeys' })
@Unique('auth_passkeys_credential_id_key', ['credentialId'])
@Index('auth_passkeys_user_id_idx', ['userId', 'id'])
export class Passkey {
  /** A UUIDv7 (RFC 9562). */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_passkeys_pkey' })
  id: string;

  @Column('uuid', { name: 'user_id' })
  userId: string;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'auth_passkeys_user_id_fkey' })
  user: Relation<User>;

  /** Chosen by the authenticator, at most 1023 bytes. It identifies a person's device (WebAuthn Level 3, 14.6.3). */
  @Column('bytea', { name: 'credential_id', select: false })
  credentialId: Buffer;

  /** In COSE format (RFC 9052, 7). */
  @Column('bytea', { name: 'public_key', select: false })
  publicKey: Buffer;

  /** Domain that it is bound to; `null` for a passkey from before this was stored. It works at no other. */
  @Column('varchar', { name: 'rp_id', length: 253, nullable: true })
  rpId: string | null;

  /** Number of signatures, as counted by the authenticator. Synced passkeys always have 0. */
  @Column('bigint', { name: 'sign_count', transformer: { from: Number, to: String } })
  signCount: number;

  /** Whether the authenticator has ever verified the user, by a PIN or biometrics: only then can it replace a password. */
  @Column('boolean')
  uv: boolean;

  /** Whether the authenticator finds it without its id; `null` if the browser did not say. */
  @Column('boolean', { nullable: true })
  discoverable: boolean | null;

  /** Whether it may be synced to other devices. Never changes. */
  @Column('boolean', { name: 'backup_eligible' })
  backupEligible: boolean;

  /** Whether it is synced now. */
  @Column('boolean', { name: 'backed_up' })
  backedUp: boolean;

  /** Ways in which browsers reach the authenticator, such as `internal` or `usb`. */
  @Column('text', { array: true })
  transports: string[];

  /** Model of the authenticator; all zeros if unknown. */
  @Column('uuid')
  aaguid: string;

  /** Chosen by the user. */
  @Column('varchar', { length: 80 })
  name: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  /** `null` until the first use. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt: Date | null;
}
