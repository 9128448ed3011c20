import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { JobsService } from '../jobs/jobs.service.js';
import { CounterKeys } from '../rate-limit/counters/counter-keys.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { canonicalEmail } from '../names/canonical.js';
import type { MailBudgets } from '../settings/mail/mail-budgets.js';
import { MailBudgetCounter } from './mail-budget-counter.entity.js';
import { deleteInBatches } from '../database/delete-in-batches.js';

/** Current counts: 0 if the window is over. */
const HOUR = `CASE WHEN counter.hour_ends_at <= now() THEN 0 ELSE counter.sent_in_hour END`;
const DAY = `CASE WHEN counter.day_ends_at <= now() THEN 0 ELSE counter.sent_in_day END`;
/** Assignments that count one message, and start new windows when the old ones are over. */
const ONE_MORE = `
  sent_in_hour = ${HOUR} + 1,
  hour_ends_at = CASE WHEN counter.hour_ends_at <= now() THEN now() + interval '1 hour' ELSE counter.hour_ends_at END,
  sent_in_day = ${DAY} + 1,
  day_ends_at = CASE WHEN counter.day_ends_at <= now() THEN now() + interval '1 day' ELSE counter.day_ends_at END`;

/**
 * Counts messages per mailbox with one statement inside the transaction that causes a message, so that concurrent
 * requests on any number of instances cannot exceed a budget. Only this service writes `auth_mail_budgets`.
 */
@Injectable()
export class MailBudgetService {
  private readonly keys: CounterKeys;
  private readonly budgets: MailBudgets;

  constructor(
    @InjectRepository(MailBudgetCounter) private readonly counters: Repository<MailBudgetCounter>,
    { mail, secretKey }: AuthSettings,
    jobs: JobsService,
  ) {
    this.budgets = mail.budgets;
    this.keys = new CounterKeys(secretKey);
    jobs.schedule('purge-mail-budgets', '29 * * * *', (signal) => this.purge(signal));
  }

  /**
   * Counts a message if the budget allows it.
   *
   * @returns whether it does.
   */
  async take(kind: keyof MailBudgets, mailbox: string, tx: EntityManager): Promise<boolean> {
    const { hour, day } = this.budgets[kind];
    const taken: unknown[] = await tx.query(
      `INSERT INTO auth_mail_budgets AS counter (key, sent_in_hour, hour_ends_at, sent_in_day, day_ends_at)
       VALUES ($1, 1, now() + interval '1 hour', 1, now() + interval '1 day')
       ON CONFLICT (key) DO UPDATE SET ${ONE_MORE}
         WHERE ${HOUR} < $2 AND ${DAY} < $3
       RETURNING true`,
      [this.keyOf(kind, mailbox), hour, day],
    );
    return taken.length > 0;
  }

  /**
   * Counts a notice over budget for the next digest.
   *
   * @returns the time of the digest; `null` if an earlier notice already scheduled it.
   */
  async holdBack(mailbox: string, tx: EntityManager): Promise<Date | null> {
    const { hour, day } = this.budgets.notices;
    const [[{ held, due }]] = (await tx.query(
      `UPDATE auth_mail_budgets AS counter SET held_back = held_back + 1 WHERE key = $1
       RETURNING held_back AS held,
                 coalesce(greatest(CASE WHEN ${HOUR} >= $2 THEN hour_ends_at END, CASE WHEN ${DAY} >= $3 THEN day_ends_at END), now()) AS due`,
      [this.keyOf('notices', mailbox), hour, day],
    )) as [[{ held: number; due: Date }], number];
    return held === 1 ? due : null;
  }

  /**
   * Takes all held-back notices for a digest, and counts the digest.
   *
   * @returns their number.
   */
  async release(mailbox: string, tx: EntityManager): Promise<number> {
    const [[released]] = (await tx.query(
      `WITH held AS (SELECT key, held_back FROM auth_mail_budgets WHERE key = $1 AND held_back > 0 FOR UPDATE)
       UPDATE auth_mail_budgets AS counter SET held_back = 0, ${ONE_MORE}
         FROM held WHERE counter.key = held.key
       RETURNING held.held_back AS count`,
      [this.keyOf('notices', mailbox)],
    )) as [[{ count: number }?], number];
    return released?.count ?? 0;
  }

  /** Deletes expired counters, except those with a pending digest. */
  private async purge(signal: AbortSignal): Promise<void> {
    const isOver = `day_ends_at < now() AND (held_back = 0 OR day_ends_at < now() - interval '2 days')`;
    await deleteInBatches(this.counters.manager.dataSource, 'auth_mail_budgets', isOver, [], signal);
  }

  /** Returns the key of a counter, which does not reveal the mailbox. */
  private keyOf(kind: keyof MailBudgets, mailbox: string): Buffer {
    return this.keys.of(`mail ${kind}`, canonicalEmail(mailbox));
  }
}
