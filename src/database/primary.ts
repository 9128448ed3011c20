import type { DataSource } from 'typeorm';

/** The database answers, but nothing can be written: it is a replica, or was set so. */
class ReadOnlyError extends Error {
  override readonly name = 'ReadOnlyError';
  /** As Postgres says it of a statement (SQLSTATE). */
  readonly code = '25006';

  constructor() {
    super('the database is read-only');
  }
}

/**
 * Asks the database whether it can be written to, and what time it is there.
 *
 * @returns by how many seconds our clock is ahead of its at least; negative if it is behind. The time that the question
 *   took is in favour of the clocks, so that a wait is not taken for a difference.
 * @throws {ReadOnlyError} if nothing can be written.
 * @throws {Error} of the driver, if it does not answer.
 */
export async function askPrimary(db: DataSource): Promise<{ clockLead: number }> {
  const askedAt = Date.now();
  const [{ now, read_only }]: [{ now: Date; read_only: string }] = await db.query(
    `SELECT clock_timestamp() AS now, current_setting('transaction_read_only') AS read_only`,
  );
  if (read_only === 'on') throw new ReadOnlyError();
  const [atLeast, atMost] = [askedAt - now.getTime(), Date.now() - now.getTime()];
  return { clockLead: (Math.max(atLeast, 0) + Math.min(atMost, 0)) / 1000 };
}
