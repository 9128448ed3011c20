import type pg from 'pg';
import { DataSource } from 'typeorm';
import type { DirectConnection } from './pool.js';
import { setUpSession } from './session-settings.js';

/**
 * Runs long work on separate connections without statement timeouts, and without a pooler if possible. They are closed afterwards, which also releases
 * their locks.
 */
export async function withoutTimeouts<T>(
  { options }: DataSource,
  work: (db: DataSource) => Promise<T>,
): Promise<T> {
  const extra = options.extra as
    { onConnect?: (client: pg.PoolClient) => unknown; direct?: DirectConnection } | undefined;
  const onConnect = async (client: pg.PoolClient) => {
    await extra?.onConnect?.(client);
    await setUpSession(client, {
      statement_timeout: '0',
      transaction_timeout: '0',
      idle_in_transaction_session_timeout: '0',
      lock_timeout: '60s',
    });
  };
  const db = new DataSource({
    ...options,
    ...(extra?.direct && { url: extra.direct.url }),
    poolSize: 2,
    extra: { ...extra, ...extra?.direct, query_timeout: 0, onConnect },
  } as typeof options);
  await db.initialize();
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}
