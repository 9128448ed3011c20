import { DataSource } from 'typeorm';

/**
 * Does what takes longer than any request, on connections of its own whose statements may take as long as they need.
 * They are closed afterwards, which gives back the locks that they hold.
 */
export async function withPatience<T>(
  { options }: DataSource,
  work: (db: DataSource) => Promise<T>,
): Promise<T> {
  const db = new DataSource({
    ...options,
    poolSize: 2,
    extra: { ...(options.extra as object), statement_timeout: 0, query_timeout: 0, lock_timeout: 60_000 },
  } as typeof options);
  await db.initialize();
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}
