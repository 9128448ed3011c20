import { namedStatement, type NamedStatements } from '../../database/named-statements.js';
import { QUICKLY } from '../../database/transactions.js';
import type { FailureLimits } from '../../settings/rate-limits/rate-limit-options.js';

/**
 * Decides whether an attempt is allowed, and counts it as failed before the password is verified, in one statement: so
 * the number of concurrent attempts never exceeds the number that may fail. Returns no row if none is allowed now.
 * (`now()` is the start of the statement, which may precede that of a statement it waited for; hence
 * `clock_timestamp()`.)
 */
const COUNT = namedStatement(
  'count-failure',
  `${QUICKLY}
  INSERT INTO auth_sign_in_failures AS account (key, failures, recent, wait_until, forget_at)
  SELECT $1::bytea, 1, 1, now(), now() + make_interval(secs => $3) FROM quickly
  ON CONFLICT (key) DO UPDATE SET (failures, recent, wait_until, forget_at) = (
    SELECT account.failures + 1, recent, now() + wait,
           CASE WHEN recent = 1 THEN now() + make_interval(secs => $3)
                WHEN recent < $2 THEN account.forget_at
                ELSE now() + wait + make_interval(secs => $3) END
      FROM (SELECT recent, make_interval(secs => CASE WHEN recent < $2 THEN 0
                     ELSE least($4 * 2 ^ least(recent - $2, 20), $5) END) AS wait
              FROM (SELECT CASE WHEN account.forget_at <= now() THEN 1
                                ELSE account.recent + 1 END AS recent) counted) next)
  WHERE account.wait_until <= clock_timestamp()
  RETURNING failures, greatest(0, ceil(extract(epoch FROM wait_until - now())))::int AS wait`,
);

const FIND_WAIT = namedStatement(
  'find-wait',
  `SELECT 1000 * extract(epoch FROM wait_until - now())::float AS wait FROM auth_sign_in_failures WHERE key = $1`,
);
const UNCOUNT = namedStatement(
  'uncount-failure',
  `UPDATE auth_sign_in_failures
      SET failures = failures - 1, recent = recent - 1, wait_until = now(),
          forget_at = least(forget_at, now() + make_interval(secs => $2))
    WHERE key = $1 AND recent > 0`,
);
const CLEAR = namedStatement(
  'clear-failures',
  `${QUICKLY} DELETE FROM auth_sign_in_failures USING quickly WHERE key = $1`,
);

/** Attempt that was counted as failed, or the time in ms before the next one is allowed. */
type Counted = { failures: number; wait: number } | { waitLeft: number };

/**
 * Statements on the counters of failed attempts. Each is a transaction of its own, so that an attempt stays counted if the
 * work that it belongs to is rolled back.
 */
export class FailureCounters {
  constructor(private readonly named: NamedStatements) {}

  /** Counts an attempt as failed, if one is allowed now. */
  async count(key: Buffer, { limit, window, firstWait, longestWait }: FailureLimits): Promise<Counted> {
    const values = [key, limit, window, firstWait, longestWait];
    const counted = await this.named.query<{ failures: number; wait: number }>(COUNT, values);
    if (counted.rows.length > 0) return counted.rows[0];

    // There is no row if somebody signed in between the two statements.
    const { rows } = await this.named.query<{ wait: number }>(FIND_WAIT, [key]);
    const [{ wait } = { wait: 0 }] = rows;
    return { waitLeft: wait };
  }

  /** Undoes the count of an attempt that was not verified. */
  async uncount(key: Buffer, { window }: FailureLimits): Promise<void> {
    await this.named.query(UNCOUNT, [key, window]);
  }

  /** Deletes the count after a success. */
  async clear(key: Buffer): Promise<void> {
    await this.named.query(CLEAR, [key]);
  }
}
