import { isDeepStrictEqual } from 'node:util';
import { type Db, PgBoss, type QueueOptions, type QueueResult, type Schedule } from 'pg-boss';
import type { DataSource, EntityManager } from 'typeorm';
import { connectionOptions } from '../database/connections/pool.js';
import type { JobType } from './job-type.js';

/** Queue of permanently failed jobs. */
export const DEAD = 'dead';

/** Options of each schedule. */
export const SCHEDULE = { tz: 'UTC', missed: 'once' } as const;

const DAY = 24 * 60 * 60;

/**
 * Creates the queue, not yet started, with a few separate connections to the application's database.
 *
 * @param worker - Whether this process works on jobs; otherwise it only adds them.
 * @param complain - Called with each error and warning.
 */
export function createBoss(
  db: DataSource,
  worker: boolean,
  complain: (problem: { message: string }) => void,
): PgBoss {
  const options = connectionOptions(db);
  const boss = new PgBoss({
    ...(options as object),
    password: options.password ?? undefined,
    application_name: 'astra-jobs',
    max: worker ? 4 : 1,
    schema: 'astra_jobs',
    // Migrations maintain the tables; this role need not own them.
    migrate: false,
    createSchema: false,
    reindex: false,
    monitorVacuum: false,
    registerInstance: false,
    // Makes one span of a batch of jobs, and errors part of it. JobRunner makes one for each job.
    openTelemetry: { enabled: false },
    // Any role could listen to and notify the channel that pg-boss would use. JobsService notifies workers through its
    // own.
    useListenNotify: false,
    supervise: worker,
    schedule: worker,
    // In seconds: detection of dead workers, cleanup, and due schedules.
    superviseIntervalSeconds: 2,
    monitorIntervalSeconds: 2,
    maintenanceIntervalSeconds: 3600,
    cronMonitorIntervalSeconds: 15,
    cronWorkerIntervalSeconds: 5,
    // For jobs that depend on others; there are none.
    flowIntervalSeconds: 3600,
  });
  boss.on('error', complain);
  boss.on('warning', complain);
  return boss;
}

/** Returns the options of a queue; times in seconds. */
export function queueOptions({
  retries,
}: JobType<object>): QueueOptions & { deadLetter: string; notify: false } {
  return {
    deadLetter: DEAD,
    notify: false,
    retryLimit: retries,
    retryBackoff: true,
    retryDelay: 2,
    retryDelayMax: 45,
    // A worker without a heartbeat for this long has lost its jobs. pg-boss does not allow less.
    heartbeatSeconds: 10,
    // A job may wait inside its handler for an unavailable server; the heartbeat shows that it is still owned.
    expireInSeconds: 23 * 60 * 60,
    retentionSeconds: 14 * DAY,
    deleteAfterSeconds: DAY,
  };
}

/** Whether a queue has these options. */
export function hasOptions(queue: QueueResult, options: QueueOptions): boolean {
  return Object.entries(options).every(([name, value]) => queue[name as keyof QueueOptions] === value);
}

/** Whether a schedule has these times, and the options of all. */
export function isScheduled(schedule: Schedule | undefined, cron: string): boolean {
  return schedule?.cron === cron && isDeepStrictEqual(schedule.options, SCHEDULE);
}

/**
 * Returns an executor for the queue that uses the connection of a transaction.
 *
 * @throws {Error} outside a transaction, which is a programming error.
 */
export function within({ queryRunner }: EntityManager): Db {
  if (!queryRunner?.isTransactionActive) throw new Error('A job must be enqueued inside a transaction');
  return {
    executeSql: async (sql, values) => {
      const { records } = await queryRunner.query(sql, values, true);
      return { rows: records };
    },
  };
}
