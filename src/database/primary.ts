import type { DataSource } from 'typeorm';
import { readRows } from './query-rows.js';

/** The database is available but read-only: a replica, or configured so. */
export class ReadOnlyError extends Error {
  override readonly name = 'ReadOnlyError';
  /** SQLSTATE that Postgres returns for a write. */
  readonly code = '25006';

  constructor() {
    super('the database is read-only');
  }
}

/**
 * Checks that the database accepts writes, and compares clocks.
 *
 * @returns the minimum number of seconds by which the clock of this machine is ahead; negative if it is behind. The
 *   duration of the query counts in favor of the clocks, so that a delay is not mistaken for a difference.
 * @throws {ReadOnlyError} if the database is read-only.
 * @throws {Error} of the driver, if it is unavailable.
 */
export async function askPrimary(db: DataSource): Promise<{ clockLead: number }> {
  const askedAt = Date.now();
  const [{ now, read_only }] = await readRows<{ now: Date; read_only: string }>(
    db,
    `SELECT clock_timestamp() AS now, current_setting('transaction_read_only') AS read_only`,
  );
  if (read_only === 'on') throw new ReadOnlyError();
  const [atLeast, atMost] = [askedAt - now.getTime(), Date.now() - now.getTime()];
  return { clockLead: (Math.max(atLeast, 0) + Math.min(atMost, 0)) / 1000 };
}
