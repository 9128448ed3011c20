import type pg from 'pg';
import type { EntityManager } from 'typeorm';

/** Change that invalidates cached data of a user, of one session or of one API key. */
export type Change = { user: string } | { session: string } | { apiKey: string };

/** Notification between instances: a change, or a new job of a kind. */
export type Notice = Change | { job: string };

/**
 * Sends a notification when a transaction commits: with `NOTIFY`, or, if the installation says so, by a row that all instances
 * read. Postgres lets one transaction with `NOTIFY` commit at a time, but any number of those with a row.
 */
export async function sendNotice(notice: Notice, tx: EntityManager): Promise<void> {
  await tx.query(
    `WITH installation AS (SELECT notices_channel, stores_notices FROM auth_installation),
          stored AS (INSERT INTO auth_notices (xid, notice)
                     SELECT pg_current_xact_id()::text::bigint, $1::text FROM installation WHERE stores_notices
                         ON CONFLICT DO NOTHING)
     SELECT pg_notify(notices_channel, $1::text) FROM installation WHERE NOT stores_notices`,
    [JSON.stringify(notice)],
  );
}

/** Result of a heartbeat. */
export interface NoticeBoard {
  channel: string;
  /** Transactions that had ended, whose notifications were therefore visible, as `pg_snapshot`. */
  snapshot: string;
  /** Notifications that were stored since the read before. */
  notices: readonly string[];
}

/**
 * Reads the name of the channel, which any role could listen to and notify if it knew it, and stored notifications. All from
 * one snapshot.
 *
 * @param since - Snapshot of the read before. A notification that was not visible in it is new, however early its transaction
 *   began. Default: none is new.
 */
export async function readNotices(client: pg.ClientBase, since?: string): Promise<NoticeBoard> {
  const { rows } = await client.query<NoticeBoard>(
    `SELECT notices_channel AS channel, pg_current_snapshot()::text AS snapshot,
            ARRAY(SELECT notice FROM auth_notices
                   WHERE xid >= pg_snapshot_xmin($1::pg_snapshot)::text::bigint
                     AND NOT pg_visible_in_snapshot(xid::text::xid8, $1::pg_snapshot))::text[] AS notices
       FROM auth_installation`,
    [since],
  );
  if (rows.length === 0) throw new Error('the table auth_installation is empty');
  return rows[0];
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const NOTICE = new RegExp(
  `^\\{"(?:(?<key>user|session|apiKey)":"(?<id>${UUID})|job":"(?<job>[\\w./-]{1,100}))"\\}$`,
);

/**
 * Parses a notification.
 *
 * @returns `undefined` if it is invalid; anybody who knows the channel can send anything.
 */
export function parseNotice(payload: string): Notice | undefined {
  const { key, id, job } = NOTICE.exec(payload)?.groups ?? {};
  if (job) return { job };
  if (!id) return undefined;
  if (key === 'apiKey') return { apiKey: id };
  return key === 'user' ? { user: id } : { session: id };
}
