import { once } from 'node:events';
import pg from 'pg';
import type { DataSource } from 'typeorm';

/**
 * Checks whether notifications from another connection arrive. A pooler that assigns connections per transaction
 * (PgBouncer in transaction mode) accepts LISTEN, but nothing ever arrives.
 *
 * @param listener - Already listens to the channel.
 * @param db - Its connections send an empty notification.
 * @param patience - Time limit in ms.
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
