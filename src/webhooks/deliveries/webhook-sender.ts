import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { JobContext } from '../../jobs/job-type.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { EndpointHealth } from '../endpoints/endpoint-health.js';
import { WebhookSecrets } from '../endpoints/webhook-secrets.js';
import { DeliveriesService, type DueDelivery } from './deliveries.service.js';
import { delayBefore } from './retry-schedule.js';
import { sendWebhook, type WebhookJob } from './webhook-job.js';
import { type TryOutcome, WebhookRequests } from './webhook-requests.js';

/** HTTP status of an endpoint that no longer exists. */
const GONE = 410;

/**
 * Sends events to endpoints: at least once, since an event whose sender was killed is sent again, under the same id. Its
 * result is stored together with the job of the next try.
 */
@Injectable()
export class WebhookSender {
  /** Number of tries in this process by outcome. After `retried` another one follows; `failed` was the last. */
  readonly outcomes = { delivered: 0, retried: 0, failed: 0 };
  private readonly logger = new Logger(WebhookSender.name);

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly deliveries: DeliveriesService,
    private readonly requests: WebhookRequests,
    private readonly secrets: WebhookSecrets,
    private readonly health: EndpointHealth,
    jobs: JobsService,
  ) {
    jobs.handle(sendWebhook, (job, context) => this.send(job, context));
  }

  /** Returns the seconds for which the most delayed try of any webhook is due; `0` if none is. */
  secondsOverdue(): Promise<number> {
    return this.deliveries.secondsOverdue();
  }

  /**
   * Makes one try.
   *
   * @throws {Error} if the process stops during the try, which then does not count: the job is taken up by another process.
   */
  private async send({ delivery, attempt }: WebhookJob, { signal }: JobContext): Promise<void> {
    const due = await this.deliveries.findDue(delivery, attempt);
    if (!due) return;
    const outcome = due.enabled ? await this.try(due, signal) : { status: null, error: 'disabled' };
    if (outcome.error !== null) signal.throwIfAborted();
    await this.settle(due, outcome);
  }

  /** Sends the event, signed with each secret that counts at the moment. */
  private async try(due: DueDelivery, signal: AbortSignal): Promise<TryOutcome> {
    const sealed = [due.secretSealed, due.previousSecretSealed].filter((one) => one !== null);
    const secrets = await this.secrets.open(sealed, due.webhookId);
    if (secrets === null) {
      this.logger.error(
        `The secret of webhook ${due.webhookId} was encrypted with a different SECRET_KEY: replace it with POST /admin/webhooks/{id}/secret`,
      );
      return { status: null, error: 'secret_lost' };
    }
    const { type, createdAt, data, now } = due;
    const content = {
      id: due.eventId,
      timestamp: now,
      body: JSON.stringify({ type, timestamp: createdAt.toISOString(), data }),
    };
    return this.requests.send(due.url, content, secrets, signal);
  }

  /**
   * Stores the outcome, and what follows from it: another try, or a webhook that is disabled. What a disabled webhook missed
   * says nothing about its endpoint.
   */
  private async settle(due: DueDelivery, { status, error, retryAfter }: TryOutcome): Promise<void> {
    const isDelivered = error === null;
    const isFinal = status === GONE || !due.enabled;
    const delay = isDelivered || isFinal ? null : delayBefore(due.step + 1, retryAfter);
    const result = isDelivered ? 'delivered' : delay === null ? 'failed' : 'pending';
    const isFirst = await this.db.transaction(async (tx) => {
      const stored = { status: result, lastStatus: status, lastError: error, delay } as const;
      if (!(await this.deliveries.settle(due, stored, tx))) return false;
      if (isDelivered) await this.health.succeeded(due.webhookId, tx);
      else if (due.enabled) await this.health.failed(due.webhookId, { isGone: status === GONE }, tx);
      return true;
    });
    if (isFirst) this.outcomes[result === 'pending' ? 'retried' : result]++;
  }
}
