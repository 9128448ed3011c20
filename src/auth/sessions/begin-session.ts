import { namedStatement } from '../../database/named-statements.js';
import { SessionEnd } from './session.entity.js';
import { LIVE_SESSION, type LiveSession } from '../tokens/token-pairs.js';
import { unindexed } from '../../database/found-by-id.js';

/** Maximum of sessions without a stored device name that a sign-in parses; each takes 30 µs. */
const UNNAMED_LOOKED_AT = 20;

/**
 * Maximum of expired sessions that a sign-in marks as ended, and of ended ones that it deletes. As each sign-in adds
 * one, a backlog shrinks.
 */
const TIDIED = 20;

/*
 * Queries about one account must use the index that starts with `user_id`, even if the planner knows that this account
 * has most of the rows. `BETWEEN $1 AND $1` with an `ORDER BY` that starts with `user_id` leaves no other choice.
 * EXISTS would drop the order, hence the comparison with NULL.
 */

/** Result of {@link BEGIN_SESSION}. The first fields are about the sessions before this one. */
export interface BegunSession extends LiveSession {
  /** Whether there were none. */
  is_first: boolean;
  /** Whether one was of the same device. */
  is_known: boolean;
  /** Newest user agents of those without a stored device name. */
  unnamed: (string | null)[];
  /** Ids of the sessions that were ended because the user has too many. */
  displaced: string[];
}

/**
 * Starts a session, ends the oldest if the user has more than $13 others, and tidies up a limited number of old sessions of
 * the account. All parts see the sessions of before, so an earlier statement has to lock the account.
 *
 * A first refresh token without a parent ($8 is false) is confirmed from the start, because nobody could request it again.
 * With one, the user proved nothing now, but at an unknown time before, so the sign-in is not recent: it counts as a week
 * old. $12 tells whether two factors were verified.
 */
export const BEGIN_SESSION = namedStatement(
  'begin-session',
  `WITH expired AS (
     UPDATE auth_sessions SET ended_at = expires_at, end_reason = '${SessionEnd.Expired}'
      WHERE id = ANY (ARRAY(
              SELECT id FROM auth_sessions WHERE user_id BETWEEN $2 AND $2 AND ended_at IS NULL AND expires_at <= now()
               ORDER BY user_id, id LIMIT ${TIDIED} FOR NO KEY UPDATE SKIP LOCKED))),
   removed AS (
     DELETE FROM auth_sessions
      WHERE id = ANY (ARRAY(
              SELECT id FROM auth_sessions
               WHERE id = ANY (ARRAY(
                       SELECT id FROM auth_sessions WHERE user_id BETWEEN $2 AND $2 AND ended_at IS NOT NULL
                        ORDER BY user_id DESC, ended_at DESC OFFSET $9 LIMIT ${TIDIED}))
                 AND ${unindexed('ended_at < now() - make_interval(secs => $10)')} FOR UPDATE SKIP LOCKED))),
   displaced AS (
     UPDATE auth_sessions SET ended_at = clock_timestamp(), end_reason = '${SessionEnd.Displaced}'
      WHERE ${unindexed('ended_at IS NULL')}
        AND id = ANY (ARRAY(
              SELECT id FROM auth_sessions WHERE user_id BETWEEN $2 AND $2 AND ended_at IS NULL AND expires_at > now()
               ORDER BY user_id DESC, created_at DESC, id DESC OFFSET $13))
     RETURNING id),
   s AS (
     INSERT INTO auth_sessions (id, user_id, ip, user_agent, device, created_at, last_used_at, expires_at, absolute_expires_at, confirmed_at, methods, authenticated_at, second_factor_at)
     VALUES ($1, $2, $3, $4, $5, now(), now(),
             now() + make_interval(secs => least($6::int, $7::int)), now() + make_interval(secs => $7::int),
             CASE WHEN $8 THEN NULL ELSE now() END, $11,
             CASE WHEN $8 THEN now() - interval '7 days' ELSE now() END, CASE WHEN $12 THEN now() END)
     RETURNING *)
   SELECT ${LIVE_SESSION},
          (SELECT id FROM auth_sessions WHERE user_id BETWEEN $2 AND $2
            ORDER BY user_id, device, id LIMIT 1) IS NULL AS is_first,
          (SELECT id FROM auth_sessions WHERE user_id BETWEEN $2 AND $2 AND device = $5
            ORDER BY user_id, device, id LIMIT 1) IS NOT NULL AS is_known,
          ARRAY(SELECT user_agent FROM auth_sessions WHERE user_id BETWEEN $2 AND $2 AND device IS NULL
                 ORDER BY user_id DESC, device DESC, id DESC LIMIT ${UNNAMED_LOOKED_AT}) AS unnamed,
          ARRAY(SELECT id FROM displaced) AS displaced
     FROM s JOIN auth_users u ON u.id = s.user_id`,
);
