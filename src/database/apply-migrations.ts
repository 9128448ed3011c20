import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';

/** Under this key one process at a time migrates; the number is "astra" on a telephone's keys. */
const ADVISORY_LOCK = 27872;

/**
 * Brings the tables up to date. Of several processes that start at once one does it, and the others wait for it.
 *
 * @returns the names of the migrations that were applied, oldest first.
 */
export async function applyMigrations({ options }: DataSource): Promise<string[]> {
  // On connections of their own: a migration may take longer than any request.
  const db = new DataSource({
    ...options,
    poolSize: 2,
    extra: { statement_timeout: 0, lock_timeout: 60_000 },
  } as typeof options);
  await db.initialize();
  const lock = db.createQueryRunner();
  try {
    const tryLock = async () => {
      const [{ locked }] = (await lock.query('SELECT pg_try_advisory_lock($1) AS locked', [
        ADVISORY_LOCK,
      ])) as [{ locked: boolean }];
      return locked;
    };
    while (!(await tryLock())) await sleep(100);
    const applied = await db.runMigrations();
    return applied.map((migration) => migration.name);
  } finally {
    // Closing the connection gives the lock back.
    await db.destroy();
  }
}
