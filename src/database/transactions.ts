import type { DataSource, EntityManager } from 'typeorm';

/**
 * Start of a statement that commits without waiting for the disk: if Postgres crashes, changes of its last 0.6 s may be lost. For
 * counts that many transactions change, which would wait for each other's commit. The statement has to read from `quickly`.
 */
export const QUICKLY = `WITH quickly AS (SELECT set_config('synchronous_commit', 'off', true))`;

/** Work that is committed or rolled back as a whole. */
type Work<T> = (tx: EntityManager) => Promise<T>;

/**
 * Runs work in the given transaction, or in a new one if there is none.
 *
 * @param db - Starts the new transaction.
 */
export function inTransaction<T>(
  db: EntityManager,
  tx: EntityManager | undefined,
  work: Work<T>,
): Promise<T> {
  return tx ? work(tx) : db.transaction(work);
}

/** Runs read-only work in which all queries see the database as of the first one. Writers are not blocked. */
export function readSnapshot<T>(db: DataSource, work: Work<T>): Promise<T> {
  return db.transaction('REPEATABLE READ', async (tx) => {
    await tx.query('SET TRANSACTION READ ONLY');
    return work(tx);
  });
}
