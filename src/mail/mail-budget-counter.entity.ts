import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Number of recent messages of one kind to a mailbox. */
@Entity({ name: 'auth_mail_budgets' })
export class MailBudgetCounter {
  /** Keyed hash of the kind and the mailbox; identifies nobody. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'auth_mail_budgets_pkey' })
  key: Buffer;

  /** Messages within the hour that began with the first of them. */
  @Column('integer', { name: 'sent_in_hour' })
  sentInHour: number;

  @Column('timestamptz', { name: 'hour_ends_at' })
  hourEndsAt: Date;

  @Column('integer', { name: 'sent_in_day' })
  sentInDay: number;

  @Column('timestamptz', { name: 'day_ends_at' })
  dayEndsAt: Date;

  /** Number of notices for the next digest. */
  @Column('integer', { name: 'held_back', default: 0 })
  heldBack: number;
}
