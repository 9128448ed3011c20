import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * Where a chain of audit events ends, signed. Row 0 is no chain: its `seq` is the number of chains, so that a whole
 * chain cannot go unnoticed either.
 */
@Entity({ name: 'auth_audit_chains' })
export class AuditChain {
  @PrimaryColumn('smallint', { primaryKeyConstraintName: 'auth_audit_chains_pkey' })
  id: number;

  /** The number of the last event. */
  @Column('bigint', { default: 0 })
  seq: string;

  /** The hash of the last event; zeros before the first. */
  @Column('bytea', { select: false })
  hash: Buffer;

  /** Events up to this one were deleted by the retention. */
  @Column('bigint', { name: 'purged_seq', default: 0 })
  purgedSeq: string;

  /** The hash of the last deleted event, on which the first one left is built. */
  @Column('bytea', { name: 'purged_hash', select: false })
  purgedHash: Buffer;

  /** The addresses of events up to this one were shortened. */
  @Column('bigint', { name: 'shortened_seq', default: 0 })
  shortenedSeq: string;

  /** HMAC-SHA-256 over all of the above; `null` in row 0 until there is a chain. */
  @Column('bytea', { nullable: true, select: false })
  mac: Buffer | null;

  /** When an event was last added. */
  @Column('timestamptz', { name: 'touched_at', default: () => "'-infinity'" })
  touchedAt: Date;
}
