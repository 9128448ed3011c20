import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AuditType } from './audit-types.js';
import type { AuditData } from './new-audit-event.js';

/**
 * Something that happened, written once. It has no foreign key: the trail outlives the accounts that it tells of.
 *
 * Its id begins with the time, so each index is a list from old to new, and no further index by time is needed.
 */
@Entity({ name: 'auth_audit_events' })
@Index('auth_audit_events_chain_seq_key', ['chain', 'seq'], { unique: true })
@Index('auth_audit_events_user_id_idx', ['userId', 'id'])
@Index('auth_audit_events_actor_id_idx', ['actorId', 'id'])
@Index('auth_audit_events_type_idx', ['type', 'id'])
export class AuditEvent {
  /** A UUIDv7 (RFC 9562). */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_audit_events_pkey' })
  id: string;

  @Column('varchar', { length: 40 })
  type: AuditType;

  /** Whose account it is about; `null` if no account is known. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId: string | null;

  /** Who did it; `null` if it was nobody who signed in, or the service itself. */
  @Column('uuid', { name: 'actor_id', nullable: true })
  actorId: string | null;

  /** The client's address; after a while only its network (`192.0.2.0/24`, `2001:db8::/48`). */
  @Column('inet', { nullable: true })
  ip: string | null;

  @Column('varchar', { name: 'user_agent', length: 400, nullable: true })
  userAgent: string | null;

  /** The id under which the request is logged. */
  @Column('varchar', { name: 'request_id', length: 64, nullable: true })
  requestId: string | null;

  /** As text it stays as it was written and hashed, which `jsonb` does not promise. */
  @Column('json')
  data: AuditData;

  /** The time in the id. */
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** The chain it is a link of, and its number there, from 1 without a gap. */
  @Column('smallint')
  chain: number;

  @Column('bigint')
  seq: string;

  /** SHA-256 over the hash of the link before and everything here. */
  @Column('bytea', { select: false })
  hash: Buffer;

  /** What the hash covers in place of the address, so that the address can be shortened. */
  @Column('bytea', { name: 'address_digest', nullable: true, select: false })
  addressDigest: Buffer | null;

  /** Without it the address cannot be guessed from its digest; it goes when the address is shortened. */
  @Column('bytea', { name: 'address_salt', nullable: true, select: false })
  addressSalt: Buffer | null;
}
