import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Number of attempts to deliver messages within an hour, by outcome. */
@Entity({ name: 'auth_mail_counts' })
export class MailCount {
  /** Start of the hour, in UTC. */
  @PrimaryColumn('timestamptz', { primaryKeyConstraintName: 'auth_mail_counts_pkey' })
  hour: Date;

  @Column('integer', { default: 0 })
  sent: number;

  /** Attempts that failed, and are repeated. */
  @Column('integer', { default: 0 })
  failed: number;

  /** Messages that were given up. */
  @Column('integer', { name: 'given_up', default: 0 })
  givenUp: number;
}
