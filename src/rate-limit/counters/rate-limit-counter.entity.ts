import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * Number of attempts, if Postgres counts them. The table is unlogged (see its migration), because its content is
 * worthless after a crash.
 */
@Entity({ name: 'auth_rate_limits' })
export class RateLimitCounter {
  /** Name of the limit, and keyed hash of the subject. */
  @PrimaryColumn('varchar', { length: 255, primaryKeyConstraintName: 'auth_rate_limits_pkey' })
  key: string;

  @Column('integer', { default: 0 })
  points: number;

  /** End of the window by the clock of the database, in ms since 1970. */
  @Column('bigint', { nullable: true })
  expire: string | null;
}
