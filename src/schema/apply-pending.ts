import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, type Migration, MigrationExecutor, type QueryRunner } from 'typeorm';
import { databaseErrorCode } from '../http/problem/database-errors.js';

/**
 * Time for which a migration waits for the lock of a table. Requests that need the table queue up behind it, so they
 * are delayed as well. Their own limit is 2 seconds.
 */
const LOCK_TIMEOUT = '500ms';
/** Time in ms between two attempts, for the requests that had to wait. */
const PAUSE = 1_000;
/** Time in ms after which a migration is given up because of the locks of others. */
const PATIENCE = 120_000;

/**
 * Applies pending migrations, oldest first. A migration whose table is locked by others, such as a backup, is undone and
 * attempted again, so that no request has to wait for them as well.
 *
 * @param notice - Called if a migration has to wait.
 * @returns the names of the applied migrations.
 * @throws {Error} if others lock a table for two minutes.
 */
export async function applyPending(db: DataSource, notice?: (line: string) => void): Promise<string[]> {
  const runner = db.createQueryRunner();
  const executor = new MigrationExecutor(db, runner);
  const pending = await executor.getPendingMigrations();
  for (const migration of pending) {
    const giveUpAt = performance.now() + PATIENCE;
    for (let attempt = 0; ; attempt++) {
      try {
        await apply(migration, executor, runner);
        break;
      } catch (error) {
        if (!isLocked(error)) throw error;
        if (performance.now() > giveUpAt) throw refusal(migration, error);
      }
      if (attempt === 0) notice?.(`${migration.name} waits, because others have locked its tables`);
      await sleep(PAUSE);
    }
  }
  await runner.release();
  return pending.map(({ name }) => name);
}

/** Applies a migration with its record, in one transaction unless it opts out with `transaction = false`. */
async function apply(migration: Migration, executor: MigrationExecutor, runner: QueryRunner): Promise<void> {
  const { transaction = true } = migration.instance as { transaction?: boolean };
  if (!transaction) return void (await executor.executeMigration(migration));
  await runner.startTransaction();
  try {
    await runner.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    await executor.executeMigration(migration);
    await runner.commitTransaction();
  } catch (error) {
    // The reason is the first error, even if the connection is gone.
    await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  }
}

/** Whether a statement gave up waiting for a lock, or was chosen to end a deadlock. */
function isLocked(error: unknown): boolean {
  return ['55P03', '40P01'].includes(databaseErrorCode(error));
}

function refusal({ name }: Migration, cause: unknown): Error {
  return new Error(
    `${name} was given up, because others have locked its tables for two minutes. Find the transaction that stays open, and run the command again: ` +
      `SELECT pid, application_name, xact_start, query FROM pg_stat_activity WHERE xact_start < now() - interval '1 minute'`,
    { cause },
  );
}
