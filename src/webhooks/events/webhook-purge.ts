import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { JobsService } from '../../jobs/jobs.service.js';

/** Days for which deliveries and their events are kept. The last try of a delivery is at most 13 days after its event. */
const KEPT_DAYS = 30;

/** Deletes old deliveries, and events that no delivery needs any longer. */
@Injectable()
export class WebhookPurge {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    jobs: JobsService,
  ) {
    jobs.schedule('purge-webhook-deliveries', '53 * * * *', (signal) => this.purge(signal));
  }

  /**
   * Deletes in batches. A delivery that an admin has sent again just now is kept until it is over. Events come second: a
   * foreign key keeps those that a delivery still refers to.
   */
  async purge(signal?: AbortSignal): Promise<void> {
    const isOld = 'created_at < now() - make_interval(days => $1)';
    const waits = `(status = 'pending' AND next_attempt_at > now() - interval '1 day')`;
    await deleteInBatches(
      this.db,
      'auth_webhook_deliveries',
      `${isOld} AND NOT ${waits}`,
      [KEPT_DAYS],
      signal,
    );
    const isNeeded =
      'EXISTS (SELECT FROM auth_webhook_deliveries d WHERE d.event_id = auth_webhook_events.id)';
    await deleteInBatches(
      this.db,
      'auth_webhook_events',
      `${isOld} AND NOT ${isNeeded}`,
      [KEPT_DAYS],
      signal,
    );
  }
}
