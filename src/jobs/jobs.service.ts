import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SpanKind } from '@opentelemetry/api';
import type { PgBoss, QueueResult } from 'pg-boss';
import { DataSource, type EntityManager } from 'typeorm';
import { readRows } from '../database/query-rows.js';
import { AccessChanges } from '../database/notices/access-changes.js';
import { printable } from '../http/problem/error-text.js';
import { onceAMinute } from '../http/problem/once-a-minute.js';
import { currentCause } from '../http/request/request-context.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { inSpan } from '../spans/in-span.js';
import { traceFields } from '../spans/trace-context.js';
import { createBoss, DEAD, hasOptions, isScheduled, queueOptions, SCHEDULE, within } from './boss.js';
import { type Envelope, JobRunner, OFTEN, SELDOM } from './job-runner.js';
import { type JobHandler, JobType } from './job-type.js';
import { messagingAttributes } from './messaging-attributes.js';

/** Time in ms that running jobs have to finish on shutdown; unfinished ones are retried. */
const GRACE = 15_000;

/** Options of a new job. */
export interface EnqueueOptions {
  /** Earliest time to run. Default: at once. */
  runAt?: Date;
  /** Replaces a waiting job with the same key. */
  key?: string;
  /** Group whose parallel jobs are limited, see `JobOptions.concurrencyPerGroup`. */
  group?: string;
}

/** Queue of background jobs. One of all worker processes runs each job, and retries it until it succeeds. */
@Injectable()
export class JobsService
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger(JobsService.name);
  private readonly boss: PgBoss;
  private readonly handlers = new Map<JobType<object>, JobHandler<object>>();
  private readonly schedules = new Map<JobType<object>, string>();
  private readonly queues = new Map<string, Promise<void>>();
  /** Queues as the database had them when this process started. */
  private known = new Map<string, QueueResult>();
  private readonly stopping = new AbortController();
  private runner?: JobRunner;
  private stopped?: Promise<void>;
  private readonly mayComplain = onceAMinute();

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly settings: AuthSettings,
    private readonly changes: AccessChanges,
  ) {
    this.boss = createBoss(db, settings.worker, (problem) => this.complain(problem));
  }

  /**
   * Adds a job inside the transaction that causes it; it exists if the transaction commits.
   *
   * @param payload - Stored as plain JSON, so it must not contain a secret.
   */
  async enqueue<P extends object>(
    type: JobType<P>,
    payload: P,
    tx: EntityManager,
    options: EnqueueOptions = {},
  ): Promise<void> {
    const span = { kind: SpanKind.PRODUCER, attributes: messagingAttributes('send', type) };
    await inSpan(`send ${type.name}`, span, () => this.add(type, payload, tx, options));
  }

  private async add<P extends object>(
    type: JobType<P>,
    payload: P,
    tx: EntityManager,
    { runAt, key, group }: EnqueueOptions,
  ): Promise<void> {
    const options = {
      db: within(tx),
      startAfter: runAt,
      singletonKey: key,
      ...(group && { group: { id: group } }),
    };
    const { requestId, serverRequestId } = currentCause() ?? {};
    const envelope: Envelope = { payload, requestId, serverRequestId, ...traceFields() };
    await this.prepare(type);
    if (key) await this.boss.upsert(type.name, envelope, options);
    else await this.boss.send(type.name, envelope, options);
    if (!runAt) await this.changes.announceJob(type.name, tx);
  }

  /** Registers the handler of a kind of job. Call it in a constructor, once per kind. */
  handle<P extends object>(type: JobType<P>, handler: JobHandler<P>): void {
    this.handlers.set(type, handler as JobHandler<object>);
  }

  /**
   * Schedules a function, which one of all worker processes runs, never twice at the same time. A run that was missed
   * while no worker was running is made up for once, at the next start. Call it in a constructor.
   *
   * @param name - See {@link JobType}.
   * @param cron - Minute, hour, day of the month, month and day of the week, in UTC.
   */
  schedule(name: string, cron: string, handler: (signal: AbortSignal) => Promise<void>): void {
    const type = new JobType(name, { concurrency: 1, retries: 3 });
    this.schedules.set(type, cron);
    this.handle(type, (_, { signal }) => handler(signal));
  }

  /** Deletes jobs of a kind whose payload contains these values, including failed ones. */
  async discard<P extends object>(type: JobType<P>, values: Partial<P>, tx: EntityManager): Promise<void> {
    const db = within(tx);
    await this.prepare(type);
    for (const queue of [type.name, DEAD]) {
      const found = await this.boss.findJobs(queue, { db, data: { payload: values } });
      const ids = found
        .filter(({ name, sourceName }) => (sourceName ?? name) === type.name)
        .map(({ id }) => id);
      if (ids.length > 0) await this.boss.deleteJob(queue, ids, { db });
    }
  }

  /** Returns the number of jobs of each kind, as of a few seconds ago. Permanently failed jobs have the kind `dead`. */
  async depths(): Promise<{ kind: string; waiting: number; active: number }[]> {
    const queues = await this.boss.getQueues();
    return queues.map(({ name, queuedCount, activeCount }) => ({
      kind: name,
      waiting: queuedCount,
      active: activeCount,
    }));
  }

  /**
   * Returns for how many seconds the oldest job of each kind is due and has not been taken; 0 if none is. Reads one entry
   * of an index for each kind and state, however many jobs wait.
   */
  async lateness(): Promise<{ kind: string; seconds: number }[]> {
    // With states as constants, and one at a time: the index is partial, and sorted by time within a state.
    const oldest = (state: string) =>
      `(SELECT start_after FROM astra_jobs.job
         WHERE job.name = queue.name AND state = '${state}' AND NOT blocked ORDER BY start_after LIMIT 1)`;
    return readRows<{ kind: string; seconds: number }>(
      this.db,
      `SELECT name AS kind,
              coalesce(greatest(0, extract(epoch FROM now() - least(${oldest('created')}, ${oldest('retry')}))), 0)::float8 AS seconds
         FROM astra_jobs.queue WHERE name <> $1 AND name !~ '^__'`,
      [DEAD],
    );
  }

  /** Whether this process should work on jobs, but currently does not. */
  get isIdle(): boolean {
    return this.settings.worker && (this.runner?.isIdle ?? true);
  }

  /**
   * Connects to the queue before other modules use it.
   *
   * @throws {Error} if the migrations of the queue have not run.
   */
  async onModuleInit(): Promise<void> {
    try {
      await this.boss.start();
    } catch (error) {
      await this.stop();
      if (!/not installed|requires migrations/.test((error as Error).message)) throw error;
      throw new Error('The tables of the queue are missing or outdated. Run "astra migrate" first.', {
        cause: error,
      });
    }
    this.known = new Map((await this.boss.getQueues()).map((queue) => [queue.name, queue]));
    if (!this.known.has(DEAD)) await this.boss.createQueue(DEAD);
  }

  /** Starts the worker only now, when all handlers are registered and what they use is ready. */
  async onApplicationBootstrap(): Promise<void> {
    if (!this.settings.worker) return;
    const runner = (this.runner = new JobRunner(this.boss, this.stopping.signal));
    const scheduled = new Map((await this.boss.getSchedules()).map((schedule) => [schedule.name, schedule]));
    for (const [type, handler] of this.handlers) {
      await this.prepare(type);
      const cron = this.schedules.get(type);
      if (cron && !isScheduled(scheduled.get(type.name), cron))
        await this.boss.schedule(type.name, cron, null, SCHEDULE);
      await runner.start(type, handler, cron ? SELDOM : OFTEN);
    }
    this.changes.onJob((name) => runner.wake(name));
  }

  /** Stops taking jobs while the last requests are being processed. */
  beforeApplicationShutdown(): void {
    void this.stop();
  }

  /** Waits for the worker, whose jobs use the database that is closed next. */
  onApplicationShutdown(): Promise<void> {
    return this.stop();
  }

  /** Waits up to 15 seconds for running jobs, and returns the others to the queue. */
  stop(): Promise<void> {
    this.stopping.abort();
    this.stopped ??= this.boss
      .stop({ graceful: true, timeout: GRACE })
      .catch((error: Error) => this.complain(error));
    return this.stopped;
  }

  /** Creates the queue of a kind if it does not exist, and applies the options of this version. */
  private prepare(type: JobType<object>): Promise<void> {
    let queue = this.queues.get(type.name);
    if (!queue) {
      queue = this.createQueue(type);
      this.queues.set(type.name, queue);
      queue.catch(() => this.queues.delete(type.name));
    }
    return queue;
  }

  /** Creates or updates the queue of a kind, unless an earlier start has left it as this version wants it. */
  private async createQueue(type: JobType<object>): Promise<void> {
    const options = queueOptions(type);
    const known = this.known.get(type.name);
    if (known && hasOptions(known, options)) return;
    // At most one run of a schedule waits or is running.
    await this.boss.createQueue(type.name, {
      ...options,
      policy: this.schedules.has(type) ? 'exclusive' : 'standard',
    });
    await this.boss.updateQueue(type.name, options);
  }

  /** Logs a problem of the queue, rate-limited, since every poll fails while Postgres is unavailable. */
  private complain(problem: { message: string }): void {
    if (this.mayComplain()) this.logger.warn(`Jobs may be delayed: ${printable(problem.message)}`);
  }
}
