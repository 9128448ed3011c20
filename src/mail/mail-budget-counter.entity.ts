import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How many messages of one kind a mailbox got lately. */
@Entity({ name: 'auth_mail_budgets' })
export class MailBudgetCounter {
  /** A hash of the kind and the mailbox. It names nobody. */
  @PrimaryColumn('bytea', { primaryKeyConstraintName: 'auth_mail_budgets_pkey' })
  key: Buffer;

  /** Messages of the hour that began with the first of them. */
  @Column('integer', { name: 'sent_in_hour' })
  sentInHour: number;

  @Column('timestamptz', { name: 'hour_ends_at' })
  hourEndsAt: Date;

  @Column('integer', { name: 'sent_in_day' })
  sentInDay: number;

  @Column('timestamptz', { name: 'day_ends_at' })
  dayEndsAt: Date;

  /** Notices that the next digest tells of. */
  @Column('integer', { name: 'held_back', default: 0 })
  heldBack: number;
}
