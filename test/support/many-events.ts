import type { TestDatabase } from './test-database.js';

let chains = 30_000;

/** Gives an account as many events more, at once. They are in a chain of their own, which cannot be verified. */
export async function addEvents(database: TestDatabase, userId: string, count: number): Promise<void> {
  await database.query(
    `INSERT INTO auth_audit_events (id, type, user_id, actor_id, ip, user_agent, request_id, data, created_at, chain, seq, hash)
     SELECT ('01900000-' || lpad(to_hex(n / 4096), 4, '0') || '-7' || lpad(to_hex(n % 4096), 3, '0')
              || '-8000-' || right(gen_random_uuid()::text, 12))::uuid,
            'user_updated', $1, $1, '192.0.2.17', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
            gen_random_uuid(), '{"before":{"full_name":"Ada"},"after":{"full_name":"Ada Lovelace"}}', now(), $3, n, '\\x00'
       FROM generate_series(1, $2::int) AS n`,
    [userId, count, ++chains],
  );
  await database.query('ANALYZE auth_audit_events');
}
