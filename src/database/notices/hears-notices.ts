import { once } from 'node:events';
import pg from 'pg';
import type { DataSource } from 'typeorm';

/**
 * Whether what another connection announces arrives at this one. A pooler that gives a connection to somebody else after
 * each transaction (PgBouncer in transaction mode) takes LISTEN without a word, and nothing is ever heard.
 *
 * @param listener - Listens to the channel already.
 * @param db - Whose connection announces: a notice without a payload.
 * @param patience - In ms.
 */
export async function hearsNotices(
  listener: pg.ClientBase,
  channel: string,
  db: DataSource,
  patience: number,
): Promise<boolean> {
  const hearing = once(listener, 'notification', { signal: AbortSignal.timeout(patience) }).then(
    () => true,
    () => false,
  );
  const [isHeard] = await Promise.all([hearing, db.query(`NOTIFY ${pg.escapeIdentifier(channel)}`)]);
  return isHeard;
}
