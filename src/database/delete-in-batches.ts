import type { DataSource } from 'typeorm';

/** Rows of one statement, so that it stays far below its timeout. */
const BATCH = 5_000;

/**
 * Deletes all rows of a table that a condition names, a batch at a time.
 *
 * @param condition - SQL. It names the parameters from `$1` on.
 * @param signal - Ends it between two batches, by an error.
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
    // By where the rows lie: one that changes meanwhile lies elsewhere then, and stays.
    [, removed] = await db.query<[unknown[], number]>(
      `DELETE FROM ${table}
        WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${BATCH}))`,
      parameters,
    );
  } while (removed === BATCH);
}
