import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * Signed end of a chain of audit events. Row 0 is not a chain: its `seq` is the number of chains, so that the loss of a
 * whole chain is noticed, too.
 */
@Entity({ name: 'auth_audit_chains' })
export class AuditChain {
  @PrimaryColumn('smallint', { primaryKeyConstraintName: 'auth_audit_chains_pkey' })
  id: number;

  /** Number of the last event. */
  @Column('bigint', { default: 0 })
  seq: string;

  /** Hash of the last event; zeros before the first. */
  @Column('bytea', { select: false })
  hash: Buffer;

  /** Number of the last event that retention deleted. */
  @Column('bigint', { name: 'purged_seq', default: 0 })
  purgedSeq: string;

  /** Hash of the last deleted event, which the first remaining one builds on. */
  @Column('bytea', { name: 'purged_hash', select: false })
  purgedHash: Buffer;

  /** Number of the last event whose IP address was shortened. */
  @Column('bigint', { name: 'shortened_seq', default: 0 })
  shortenedSeq: string;

  /** HMAC-SHA-256 over all of the above; `null` in row 0 until there is a chain. */
  @Column('bytea', { nullable: true, select: false })
  mac: Buffer | null;

  /** Time at which an event was last added. */
  @Column('timestamptz', { name: 'touched_at', default: () => "'-infinity'" })
  touchedAt: Date;
}
