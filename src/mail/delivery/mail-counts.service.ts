import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { readRows } from '../../database/query-rows.js';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { QUICKLY } from '../../database/transactions.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { MailCount } from './mail-count.entity.js';

/** Days for which counts are kept. */
export const MAIL_COUNTS_KEPT = 90;

/** Outcome of an attempt to deliver a message. Failed attempts are repeated. */
export type MailOutcome = 'sent' | 'failed' | 'given_up';

/** Number of attempts by outcome. */
export type MailOutcomes = Record<MailOutcome, number>;

/**
 * Counts attempts to deliver messages by the hour, for all instances. A count does not reveal recipients. Only
 * this service writes `auth_mail_counts`.
 */
@Injectable()
export class MailCountsService {
  constructor(
    @InjectRepository(MailCount) private readonly counts: Repository<MailCount>,
    jobs: JobsService,
  ) {
    jobs.schedule('purge-mail-counts', '37 4 * * *', (signal) => this.purge(signal));
  }

  /** Counts an attempt. All of an hour change one row, so none waits for the disk; after a crash, the last may be missing. */
  async add(outcome: MailOutcome): Promise<void> {
    await this.counts.query(
      `${QUICKLY}
       INSERT INTO auth_mail_counts AS counted (hour, ${outcome}) SELECT date_trunc('hour', now(), 'UTC'), 1 FROM quickly
       ON CONFLICT (hour) DO UPDATE SET ${outcome} = counted.${outcome} + 1`,
    );
  }

  /** Returns the sums of the hours that begin within a time. Reads one row for each of them. */
  async sum({ from, to }: { from?: Date; to?: Date }): Promise<MailOutcomes> {
    const [sums] = await readRows<MailOutcomes>(
      this.counts.manager.dataSource,
      `SELECT coalesce(sum(sent), 0)::float8 AS sent, coalesce(sum(failed), 0)::float8 AS failed,
              coalesce(sum(given_up), 0)::float8 AS given_up
         FROM auth_mail_counts
        WHERE ($1::timestamptz IS NULL OR hour >= $1) AND ($2::timestamptz IS NULL OR hour < $2)`,
      [from ?? null, to ?? null],
    );
    return sums;
  }

  private async purge(signal: AbortSignal): Promise<void> {
    const isOver = `hour < now() - make_interval(days => $1)`;
    await deleteInBatches(
      this.counts.manager.dataSource,
      'auth_mail_counts',
      isOver,
      [MAIL_COUNTS_KEPT],
      signal,
    );
  }
}
