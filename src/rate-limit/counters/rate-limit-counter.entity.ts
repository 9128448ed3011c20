import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * How often something was tried, where Postgres counts.
 * The table is unlogged (see its migration): what it holds is worth nothing after a crash.
 */
@Entity({ name: 'auth_rate_limits' })
export class RateLimitCounter {
  /** The limit's name, and a hash of whom it counts. */
  @PrimaryColumn('varchar', { length: 255, primaryKeyConstraintName: 'auth_rate_limits_pkey' })
  key: string;

  @Column('integer', { default: 0 })
  points: number;

  /** When the window ends, by the clock of the database; ms since 1970. */
  @Column('bigint', { nullable: true })
  expire: string | null;
}
