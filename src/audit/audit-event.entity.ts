import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AuditType } from './audit-types.js';
import type { AuditData } from './new-audit-event.js';

/**
 * Audit event. Written once; has no foreign key, because it outlives the account that it is about.
 *
 * The id starts with the time, so every index is ordered by time and none on the time alone is needed.
 */
@Entity({ name: 'auth_audit_events' })
@Index('auth_audit_events_chain_seq_key', ['chain', 'seq'], { unique: true })
@Index('auth_audit_events_user_id_idx', ['userId', 'id'])
@Index('auth_audit_events_actor_id_idx', ['actorId', 'id'])
@Index('auth_audit_events_type_idx', ['type', 'id'])
export class AuditEvent {
  /** UUIDv7 (RFC 9562). */
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'auth_audit_events_pkey' })
  id: string;

  @Column('varchar', { length: 40 })
  type: AuditType;

  /** User whose account the event is about; `null` if unknown. */
  @Column('uuid', { name: 'user_id', nullable: true })
  userId: string | null;

  /** User who caused the event; `null` if nobody was signed in, or for the service itself. */
  @Column('uuid', { name: 'actor_id', nullable: true })
  actorId: string | null;

  /** IP address of the client; later only its network (`192.0.2.0/24`, `2001:db8::/48`). */
  @Column('inet', { nullable: true })
  ip: string | null;

  @Column('varchar', { name: 'user_agent', length: 400, nullable: true })
  userAgent: string | null;

  /** Request id, as in the log. */
  @Column('varchar', { name: 'request_id', length: 64, nullable: true })
  requestId: string | null;

  /** JSON as text: `jsonb` does not preserve the exact text that was hashed. */
  @Column('json')
  data: AuditData;

  /** Time contained in the id. */
  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** Hash chain that contains the event. `seq` is its number within the chain, from 1 without gaps. */
  @Column('smallint')
  chain: number;

  @Column('bigint')
  seq: string;

  /** SHA-256 over the hash of the previous event and all fields. */
  @Column('bytea', { select: false })
  hash: Buffer;

  /** Digest that the hash covers instead of the IP address, so that the address can be shortened. */
  @Column('bytea', { name: 'address_digest', nullable: true, select: false })
  addressDigest: Buffer | null;

  /** Salt of the digest, without which the address could be guessed. Deleted when the address is shortened. */
  @Column('bytea', { name: 'address_salt', nullable: true, select: false })
  addressSalt: Buffer | null;
}
