import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type EntityManager, Repository } from 'typeorm';
import { readRows } from '../../database/query-rows.js';
import { v7 as uuid } from 'uuid';
import { queryRows } from '../../database/query-rows.js';
import { NotFoundError } from '../../http/problem/problem.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { countRows } from '../../paging/count-rows.js';
import { pageNewestFirst } from '../../paging/newest-first.js';
import type { Page, PageQuery } from '../../paging/page.js';
import { type DeliveryStatus, WebhookDelivery } from './webhook-delivery.entity.js';
import { sendWebhook } from './webhook-job.js';

/** Delivery that is due, with what its try needs. */
export interface DueDelivery {
  id: string;
  /** Number of tries before. */
  attempts: number;
  /** Position in the schedule. */
  step: number;
  webhookId: string;
  /** The `webhook-id` of the request. */
  eventId: string;
  type: string;
  /** Data of the event, as the endpoint gets it. */
  data: object;
  /** Time of the event. */
  createdAt: Date;
  /** Time of this try, in seconds since 1970, by the clock of the database. */
  now: number;
  url: string;
  enabled: boolean;
  secretSealed: string;
  /** `null` if there is none that still signs. */
  previousSecretSealed: string | null;
}

/** Result of a try, as stored. */
export interface TryResult {
  status: DeliveryStatus;
  /** HTTP status; `null` if there was no response. */
  lastStatus: number | null;
  /** Kind of the failure; `null` after a success. */
  lastError: string | null;
  /** Seconds until the next try of a `pending` one. */
  delay: number | null;
}

/** Adds, reads and changes deliveries. Each pending one has a job in the queue. */
@Injectable()
export class DeliveriesService {
  constructor(
    @InjectRepository(WebhookDelivery) private readonly deliveries: Repository<WebhookDelivery>,
    private readonly jobs: JobsService,
  ) {}

  /** Adds a delivery of an event to each of the endpoints, in the transaction of the event. */
  async add(eventId: string, webhookIds: readonly string[], tx: EntityManager): Promise<void> {
    const ids = webhookIds.map(() => uuid());
    await tx.query(
      `INSERT INTO auth_webhook_deliveries (id, webhook_id, event_id, next_attempt_at, created_at)
       SELECT id, webhook_id, $1, now(), now() FROM unnest($2::uuid[], $3::uuid[]) AS added (id, webhook_id)`,
      [eventId, ids, webhookIds],
    );
    for (const [i, delivery] of ids.entries())
      await this.jobs.enqueue(sendWebhook, { delivery, attempt: 0 }, tx, { group: webhookIds[i] });
  }

  /**
   * Returns a page of the deliveries to an endpoint, newest first.
   *
   * @throws {InvalidInputError} if the cursor does not belong to this list.
   */
  async listOf(
    webhookId: string,
    { status, ...page }: PageQuery & { status?: DeliveryStatus },
  ): Promise<Page<WebhookDelivery>> {
    const query = this.deliveries
      .createQueryBuilder('delivery')
      .where('delivery.webhookId = :webhookId', { webhookId });
    if (status) query.andWhere('delivery.status = :status', { status });
    const count = await countRows(query);
    return pageNewestFirst(query.innerJoinAndSelect('delivery.event', 'event'), page, count);
  }

  /**
   * Has a delivery tried at once, and again from the beginning of the schedule if it was over.
   *
   * @throws {NotFoundError} if the endpoint has no such delivery.
   */
  async retry(id: string, webhookId: string, tx: EntityManager): Promise<void> {
    const [found] = await queryRows<{ attempts: number }>(
      tx,
      `UPDATE auth_webhook_deliveries
          SET step = CASE status WHEN 'pending' THEN step ELSE 0 END, status = 'pending', next_attempt_at = now()
        WHERE id = $1 AND webhook_id = $2 RETURNING attempts`,
      [id, webhookId],
    );
    if (!found) throw new NotFoundError('Delivery not found.');
    await this.jobs.enqueue(sendWebhook, { delivery: id, attempt: found.attempts }, tx, { group: webhookId });
  }

  /** Returns the seconds for which the most delayed try of any webhook is due; `0` if none is. */
  async secondsOverdue(): Promise<number> {
    const [{ seconds }] = await readRows<{ seconds: number }>(
      this.deliveries.manager.dataSource,
      `SELECT coalesce(greatest(0, extract(epoch FROM now() - min(since))), 0)::float8 AS seconds
         FROM (SELECT (SELECT min(next_attempt_at) FROM auth_webhook_deliveries d
                        WHERE d.webhook_id = w.id AND status = 'pending') AS since FROM auth_webhooks w) AS waiting`,
    );
    return seconds;
  }

  /** Finds a delivery for a job; `null` if the job is outdated, or the webhook was deleted. */
  async findDue(id: string, attempt: number): Promise<DueDelivery | null> {
    const [due] = await this.deliveries.query<(DueDelivery | undefined)[]>(
      `SELECT d.id, d.attempts, d.step, w.id AS "webhookId", e.id AS "eventId", e.type, e.created_at AS "createdAt",
              CASE w.data WHEN 'full' THEN e.data || coalesce(e.personal, '{}') ELSE e.data END AS data,
              extract(epoch FROM now())::int AS now, w.url, w.enabled, w.secret_sealed AS "secretSealed",
              CASE WHEN w.previous_secret_until > now() THEN w.previous_secret_sealed END AS "previousSecretSealed"
         FROM auth_webhook_deliveries d
         JOIN auth_webhook_events e ON e.id = d.event_id
         JOIN auth_webhooks w ON w.id = d.webhook_id
        WHERE d.id = $1 AND d.attempts = $2 AND d.status = 'pending'`,
      [id, attempt],
    );
    return due ?? null;
  }

  /**
   * Stores the result of a try, and adds the job of the next one.
   *
   * @returns whether it was the first result of this try: a job can run twice if its worker was killed.
   */
  async settle(
    { id, attempts, webhookId }: DueDelivery,
    { status, lastStatus, lastError, delay }: TryResult,
    tx: EntityManager,
  ): Promise<boolean> {
    const [settled] = await queryRows<{ runAt: Date | null }>(
      tx,
      `UPDATE auth_webhook_deliveries
          SET attempts = attempts + 1, step = step + 1, status = $3, last_status = $4, last_error = $5,
              next_attempt_at = now() + make_interval(secs => $6::float8)
        WHERE id = $1 AND attempts = $2 AND status = 'pending' RETURNING next_attempt_at AS "runAt"`,
      [id, attempts, status, lastStatus, lastError, delay],
    );
    if (!settled) return false;
    if (settled.runAt) {
      const job = { delivery: id, attempt: attempts + 1 };
      await this.jobs.enqueue(sendWebhook, job, tx, { runAt: settled.runAt, group: webhookId });
    }
    return true;
  }
}
