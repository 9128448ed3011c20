import { namedStatement } from '../../database/named-statements.js';
import { SessionEnd } from './session.entity.js';
import { LIVE_SESSION } from '../tokens/token-pairs.js';

/** Rows from before there was a device in them that a sign-in looks at; to find a name in one takes 30 µs. */
const UNNAMED_LOOKED_AT = 20;

/** Expired sessions that a sign-in notes as ended, and ended ones that it removes: more than it adds. */
const TIDIED = 20;

/*
 * What is asked about one account is asked by the index that begins with it, whatever the planner knows of accounts that have
 * most of the rows: a range and an order of `user_id` leave it no other. It takes the order away from an EXISTS.
 */

/** Finds out about a device ($2) of a user ($1). */
export const FIND_DEVICE = namedStatement(
  'find-device',
  `SELECT (SELECT id FROM auth_sessions WHERE user_id BETWEEN $1 AND $1
            ORDER BY user_id, device, id LIMIT 1) IS NULL AS is_first,
          (SELECT id FROM auth_sessions WHERE user_id BETWEEN $1 AND $1 AND device = $2
            ORDER BY user_id, device, id LIMIT 1) IS NOT NULL AS is_known,
          ARRAY(SELECT user_agent FROM auth_sessions WHERE user_id BETWEEN $1 AND $1 AND device IS NULL
                 ORDER BY user_id DESC, device DESC, id DESC LIMIT ${UNNAMED_LOOKED_AT}) AS unnamed`,
);

/** What {@link FIND_DEVICE} finds. */
export interface FoundDevice {
  is_first: boolean;
  is_known: boolean;
  /** The newest user agents of sessions whose device was never named. */
  unnamed: (string | null)[];
}

/**
 * Begins a session; and keeps what an account has piled up small, however it did so. Where no token is the parent of the
 * first refresh token, nobody could ask for that again: there is nothing to confirm.
 */
export const BEGIN_SESSION = namedStatement(
  'begin-session',
  `WITH expired AS (
     UPDATE auth_sessions SET ended_at = expires_at, end_reason = '${SessionEnd.Expired}'
      WHERE id IN (SELECT id FROM auth_sessions
                    WHERE user_id BETWEEN $2 AND $2 AND ended_at IS NULL AND expires_at <= now()
                    ORDER BY user_id, id LIMIT ${TIDIED} FOR NO KEY UPDATE SKIP LOCKED)),
   removed AS (
     DELETE FROM auth_sessions
      WHERE id IN (SELECT id FROM auth_sessions
                    WHERE id IN (SELECT id FROM auth_sessions WHERE user_id BETWEEN $2 AND $2 AND ended_at IS NOT NULL
                                  ORDER BY user_id DESC, ended_at DESC OFFSET $9 LIMIT ${TIDIED})
                      AND ended_at < now() - make_interval(secs => $10) FOR UPDATE SKIP LOCKED)),
   s AS (
     INSERT INTO auth_sessions (id, user_id, ip, user_agent, device, created_at, last_used_at, expires_at, absolute_expires_at, confirmed_at, methods, authenticated_at)
     VALUES ($1, $2, $3, $4, $5, now(), now(),
             now() + make_interval(secs => least($6::int, $7::int)), now() + make_interval(secs => $7::int),
             CASE WHEN $8 THEN NULL ELSE now() END, $11, now())
     RETURNING *)
   SELECT ${LIVE_SESSION} FROM s JOIN auth_users u ON u.id = s.user_id`,
);
