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
 * @throws {ReadOnlyError} if nothing can be written.
 * @throws {Error} of the driver, if it does not answer.
 */
export async function assertWritable(db: DataSource): Promise<void> {
  const [{ transaction_read_only }]: [{ transaction_read_only: string }] = await db.query(
    'SHOW transaction_read_only',
  );
  if (transaction_read_only === 'on') throw new ReadOnlyError();
}
