import type { Stage } from '../stage.js';

/** Users whose sessions are seeded. */
const USERS = 10_000;

/** Session in the database. */
export interface SeededSession {
  id: string;
  user_id: string;
}

/** SQL of the id of row `n`, in the order of creation, like a UUIDv7. */
const idOf = (n: string) => `(lpad(to_hex(${n}), 12, '0') || '70008' || left(md5((${n})::text), 15))::uuid`;

/**
 * Creates a database with many sessions: live ones, and some that a purge deletes.
 *
 * @param counts - Numbers of both.
 * @returns its URL.
 */
export async function seedSessions(
  stage: Stage,
  { live, over }: { live: number; over: number },
): Promise<string> {
  const url = await stage.makeDatabase(`astra_bench_${live}_sessions`);
  await stage.query(
    `INSERT INTO auth_users (id, username, email, email_verified_at)
     SELECT ${idOf('i')}, 'user' || i, 'user' || i || '@example.com', now() FROM generate_series(1, $1::int) i`,
    [USERS],
    url,
  );
  // Those that are over first.
  await stage.query(
    `INSERT INTO auth_sessions (id, user_id, ip, user_agent, device, created_at, last_used_at, expires_at, absolute_expires_at)
     SELECT ${idOf('i')}, ${idOf(`1 + i % ${USERS}`)}, '192.0.2.1', 'Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0.0.0', 'Chrome on Linux',
            now() - age, now() - age, now() - age + interval '7 days', now() - age + interval '90 days'
       FROM generate_series(1, $1::int + $2::int) i,
            LATERAL (SELECT CASE WHEN i <= $2 THEN interval '100 days' ELSE interval '1 day' END) AS given (age)`,
    [live, over],
    url,
  );
  await stage.query('VACUUM ANALYZE auth_sessions', [], url);
  await stage.query('CHECKPOINT', [], url);
  return url;
}

/** Returns live sessions from all parts of the table, in random order. */
export async function pickSessions(stage: Stage, url: string, count: number): Promise<SeededSession[]> {
  const sessions = await stage.query<SeededSession>(
    `SELECT id, user_id FROM auth_sessions TABLESAMPLE BERNOULLI (
        (SELECT least(100, 110.0 * $1 / greatest(1, reltuples)) FROM pg_class WHERE relname = 'auth_sessions'))
      WHERE expires_at > now() ORDER BY md5(id::text) LIMIT $1`,
    [count],
    url,
  );
  if (sessions.length < count * 0.9) throw new Error(`Only ${sessions.length} sessions of ${count}`);
  return sessions;
}
