import type { DataSource } from 'typeorm';

/** Rows per statement, so that it stays far below its timeout. */
const BATCH = 5_000;

/**
 * Deletes all rows of a table that match a condition, in batches.
 *
 * @param condition - SQL with parameters from `$1`.
 * @param signal - Aborts between two batches, with an error.
 */
export async function deleteInBatches(
  db: DataSource,
  table: string,
  condition: string,
  parameters: unknown[],
  signal?: AbortSignal,
): Promise<void> {
  let removed: number;
  do {
    signal?.throwIfAborted();
    // By physical location: a row that changes meanwhile moves and is not deleted.
    [, removed] = await db.query<[unknown[], number]>(
      `DELETE FROM ${table}
        WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${BATCH}))`,
      parameters,
    );
  } while (removed === BATCH);
}
