import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { SpanKind, trace } from '@opentelemetry/api';
import type { Job, JobResult, PgBoss, WorkConcurrencyOptions, WorkOptions } from 'pg-boss';
import { errorText } from '../http/problem/error-text.js';
import { type Cause, onBehalfOf } from '../http/request/request-context.js';
import { errorTypeOf, inSpan, markFailed } from '../spans/in-span.js';
import { readTraceFields, type TraceFields } from '../spans/trace-context.js';
import { GiveUpError, type JobHandler, type JobType } from './job-type.js';
import { messagingAttributes } from './messaging-attributes.js';

/** Seconds between polls, which find retries and jobs whose notification was missed. */
export const OFTEN = 2;
/** The same for what is done at set times: of thirty kinds, twenty have a job once an hour at most. */
export const SELDOM = 10;

/** Polls in a row that a worker has missed when it counts as idle. */
const MISSED = 5;

/** Stored form of a job. */
export interface Envelope extends TraceFields {
  payload: object;
  /** Ids of the request that caused it, see {@link Cause}. */
  requestId?: string;
  serverRequestId?: string;
}

/** Processes jobs. */
export class JobRunner {
  private readonly logger = new Logger(JobRunner.name);

  /** @param stopping - Aborted when the process stops. */
  constructor(
    private readonly boss: PgBoss,
    private readonly stopping: AbortSignal,
  ) {}

  /**
   * Starts processing jobs of a kind, with its concurrency.
   *
   * @param interval - Seconds between polls.
   */
  async start(type: JobType<object>, handler: JobHandler<object>, interval: number): Promise<void> {
    await this.boss.work<Envelope, never, WorkOptions & { perJobResults: true }>(
      type.name,
      {
        perJobResults: true,
        ...workersOf(type),
        burstWhenBatchFull: true,
        heartbeatRefreshSeconds: 3,
        pollingIntervalSeconds: interval,
      },
      (jobs) => Promise.all(jobs.map((job) => this.run(type, handler, job))),
    );
  }

  /** Whether a worker neither runs a job nor polls, as without a database; or none has been started. */
  get isIdle(): boolean {
    const workers = this.boss.getWipData();
    const now = Date.now();
    return (
      workers.length === 0 ||
      workers.some(
        ({ count, createdOn, lastFetchedOn, options }) =>
          count === 0 &&
          now - (lastFetchedOn ?? createdOn) > MISSED * 1000 * (options.pollingIntervalSeconds ?? OFTEN),
      )
    );
  }

  /** Polls for jobs of a kind at once. */
  wake(name: string): void {
    for (const worker of this.boss.getWipData()) if (worker.name === name) this.boss.notifyWorker(worker.id);
  }

  /** Has workers that are busy now poll as soon as they are free, as a batch of one job is otherwise followed by a pause. */
  private hurry(name: string): void {
    for (const { id, name: of, count } of this.boss.getWipData())
      if (of === name && count > 0) this.boss.notifyWorker(id);
  }

  private run(
    type: JobType<object>,
    handler: JobHandler<object>,
    job: Job<Envelope | null>,
  ): Promise<JobResult> {
    const cause: Cause = {
      requestId: textOrNone(job.data?.requestId),
      serverRequestId: textOrNone(job.data?.serverRequestId),
      job: type.name,
      jobId: job.id,
    };
    if (type.concurrencyPerGroup) this.hurry(type.name);
    const span = {
      kind: SpanKind.CONSUMER,
      attributes: { ...messagingAttributes('process', type), 'messaging.message.id': job.id },
      // Never what is active: a worker starts its loop on behalf of anything.
      parent: readTraceFields(fieldsOf(job.data)) ?? null,
    };
    return onBehalfOf(cause, () => inSpan(`process ${type.name}`, span, () => this.try(type, handler, job)));
  }

  /**
   * Runs a job. The result tells pg-boss to delete, retry or give up the job; a rejection would fail the whole batch.
   */
  private async try(
    { name, retries }: JobType<object>,
    handler: JobHandler<object>,
    job: Job<Envelope | null>,
  ): Promise<JobResult> {
    const { id, retryCount } = job;
    const signal = AbortSignal.any([job.signal, this.stopping]);
    try {
      await handler(payloadOf(job), { id, signal });
      await this.remove(job, signal);
      return { id, status: 'completed' };
    } catch (error) {
      const message = errorText(error);
      const span = trace.getActiveSpan();
      if (span) markFailed(span, errorTypeOf(error));
      const isLast = error instanceof GiveUpError || retryCount >= retries;
      if (isLast) this.logger.error(`Job ${name} ${id} was given up: ${message}`);
      else if (!signal.aborted) this.logger.warn(`Job ${name} ${id} failed and will be retried: ${message}`);
      return { id, status: isLast ? 'deadletter' : 'failed', output: { message } };
    }
  }

  /**
   * Deletes a completed job at once, with the data that it contains. Retries while Postgres is unavailable, because the
   * job must not run again.
   */
  private async remove(job: Job<Envelope | null>, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.boss.deleteJob(job.name, job);
        return;
      } catch (error) {
        if (signal.aborted) throw error;
        await sleep(500);
      }
    }
  }
}

/**
 * Returns how the jobs of a kind are spread: two batches, so that one slow job delays at most half of the others; with
 * groups a worker for each job, so that it delays none.
 */
function workersOf({
  concurrency,
  concurrencyPerGroup,
}: JobType<object>): WorkConcurrencyOptions & Pick<WorkOptions, 'batchSize'> {
  if (concurrencyPerGroup)
    return { localConcurrency: concurrency, localGroupConcurrency: concurrencyPerGroup, batchSize: 1 };
  const localConcurrency = Math.min(2, concurrency);
  return { localConcurrency, batchSize: Math.ceil(concurrency / localConcurrency) };
}

/**
 * Returns the payload of a job; empty for scheduled jobs.
 *
 * @throws {GiveUpError} if the job was not created by `JobsService.enqueue`.
 */
function payloadOf({ data }: Job<unknown>): object {
  if (data === null || data === undefined) return {};
  const { payload } = data as { payload?: unknown };
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload))
    throw new GiveUpError('it has no payload');
  return payload;
}

/** Returns the fields of a job; none if other programs wrote something else. */
function fieldsOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
}

/** Returns text, or `undefined` for anything else: other programs can write to the queue, too. */
function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
