import { type Db, PgBoss, type QueueOptions } from 'pg-boss';
import type { DataSource, EntityManager } from 'typeorm';
import { connectionOptions } from '../database/connections/pool.js';
import type { JobType } from './job-type.js';

/** Where jobs end that cannot succeed. */
export const DEAD = 'dead';

const DAY = 24 * 60 * 60;

/**
 * The queue, not started yet, on a few connections of its own to the database that the application uses.
 *
 * @param worker - Whether this process works on jobs; if not, it only adds them.
 */
export function createBoss(db: DataSource, worker: boolean): PgBoss {
  const options = connectionOptions(db);
  return new PgBoss({
    ...(options as object),
    password: options.password ?? undefined,
    application_name: 'astra-jobs',
    max: worker ? 4 : 1,
    schema: 'astra_jobs',
    // The tables are a matter of the migrations: this role need not be their owner.
    migrate: false,
    createSchema: false,
    reindex: false,
    monitorVacuum: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
    // Any role may listen to and notify the channel that it would take. JobsService wakes the workers by another.
    useListenNotify: false,
    supervise: worker,
    schedule: worker,
    // In seconds: how soon the jobs of a dead worker are noticed, what is over is swept out, schedules are due.
    superviseIntervalSeconds: 2,
    monitorIntervalSeconds: 2,
    maintenanceIntervalSeconds: 3600,
    cronMonitorIntervalSeconds: 5,
    cronWorkerIntervalSeconds: 2,
    // Jobs that wait for other jobs, which there are none of.
    flowIntervalSeconds: 3600,
  });
}

/** How jobs of a kind are kept, in seconds. */
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
    // A worker that gave no sign of life for so long has lost its jobs. pg-boss takes no less.
    heartbeatSeconds: 10,
    // A job may wait at hand for a server that is away; the heartbeat tells that somebody still has it.
    expireInSeconds: 23 * 60 * 60,
    retentionSeconds: 14 * DAY,
    deleteAfterSeconds: DAY,
  };
}

/**
 * Lets the queue write on the connection of a transaction.
 *
 * @throws {Error} outside of one, as it is a mistake in the code.
 */
export function within({ queryRunner }: EntityManager): Db {
  if (!queryRunner?.isTransactionActive)
    throw new Error('A job is added inside the transaction that causes it');
  return {
    executeSql: async (sql, values) => {
      const { records } = await queryRunner.query(sql, values, true);
      return { rows: records };
    },
  };
}
