import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { deleteInBatches } from '../../database/delete-in-batches.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { AccountEvents } from '../../users/events/account-events.js';
import { UserErased } from '../../users/events/user-events.js';

/** Days for which deliveries and their events are kept. The last try of a delivery is at most 13 days after its event. */
const KEPT_DAYS = 30;

/**
 * Deletes old deliveries, events that no delivery needs any longer, and the personal data of erased accounts. Runs also while
 * webhooks are off: events of the time when they were on may still be stored.
 */
@Injectable()
export class WebhookRetention {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    jobs: JobsService,
    events: AccountEvents,
  ) {
    jobs.schedule('purge-webhook-deliveries', '53 * * * *', (signal) => this.purge(signal));
    events.before(UserErased, ({ userId }, tx) => this.forget(userId, tx));
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

  /** Deletes the personal data in the events of an erased account. What is still to be sent is sent without it. */
  private async forget(userId: string, tx: EntityManager): Promise<void> {
    await tx.query(
      'UPDATE auth_webhook_events SET personal = NULL WHERE user_id = $1 AND personal IS NOT NULL',
      [userId],
    );
  }
}
