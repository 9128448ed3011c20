import { eventually } from './support/eventually.js';
import { runScheduled } from './support/run-scheduled.js';
import { TestService } from './support/test-service.js';

/** More than two statements should remove. */
const ROWS = 12_000;
/** What one statement may remove, so that it stays far below its timeout on any number of rows. */
const AT_MOST = 5_000;

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ webhooks: true });
  await service.signUp();
});
afterAll(() => service.stop());

const USER = `(SELECT id FROM auth_users LIMIT 1)`;
const HASH = `sha256(i::text::bytea)`;
const PAST = `now() - interval '60 days'`;

/** Job, table, and how rows that are over come into it. */
const purges: [string, string, string][] = [
  [
    'purge-pending-registrations',
    'auth_pending_registrations',
    `INSERT INTO auth_pending_registrations
       (id, username, username_key, email, email_key, hashed_password, origin, created_at, expires_at)
     SELECT gen_random_uuid(), 'u' || i, 'u' || i, i || '@x.example', i || '@x.example', 'x', 'x', ${PAST}, ${PAST}`,
  ],
  [
    'purge-email-undos',
    'auth_email_undos',
    `INSERT INTO auth_email_undos (token_hash, user_id, email, email_key, created_at, expires_at)
     SELECT ${HASH}, ${USER}, i || '@x.example', i || '@x.example', ${PAST}, ${PAST}`,
  ],
  [
    'purge-mail-budgets',
    'auth_mail_budgets',
    `INSERT INTO auth_mail_budgets (key, sent_in_hour, hour_ends_at, sent_in_day, day_ends_at)
     SELECT ${HASH}, 1, ${PAST}, 1, ${PAST}`,
  ],
  [
    'purge-mail-counts',
    'auth_mail_counts',
    `INSERT INTO auth_mail_counts (hour) SELECT date_trunc('hour', now(), 'UTC') - interval '90 days' - i * interval '1 hour'`,
  ],
  [
    'purge-used-challenges',
    'auth_used_challenges',
    `INSERT INTO auth_used_challenges (hash, expires_at) SELECT ${HASH}, ${PAST}`,
  ],
  [
    'purge-api-keys',
    'auth_api_keys',
    `INSERT INTO auth_api_keys (id, user_id, name, token_hash, hint, scopes, created_at, expires_at)
     SELECT gen_random_uuid(), ${USER}, 'x', ${HASH}, 'abcd', '{}', ${PAST}, ${PAST}`,
  ],
  [
    'purge-email-codes',
    'auth_email_codes',
    `INSERT INTO auth_email_codes (token_hash, address_hash, user_id, expires_at)
     SELECT ${HASH}, ${HASH}, ${USER}, ${PAST}`,
  ],
  [
    'purge-sessions',
    'auth_sessions',
    `INSERT INTO auth_sessions (id, user_id, created_at, last_used_at, expires_at, absolute_expires_at)
     SELECT gen_random_uuid(), ${USER}, ${PAST}, ${PAST}, ${PAST}, ${PAST}`,
  ],
  [
    'purge-identity-sign-ins',
    'auth_identity_sign_ins',
    `INSERT INTO auth_identity_sign_ins (token_hash, identity, step, session_id, expires_at)
     SELECT ${HASH}, '{}', 'app', gen_random_uuid(), ${PAST}`,
  ],
  [
    'purge-sign-ins',
    'auth_sign_ins',
    `INSERT INTO auth_sign_ins (token_hash, user_id, methods, expires_at)
     SELECT ${HASH}, ${USER}, '{pwd}', ${PAST}`,
  ],
  [
    'purge-webhook-deliveries',
    'auth_webhook_deliveries',
    `WITH event AS (
       INSERT INTO auth_webhook_events (id, type, data, created_at)
       VALUES (gen_random_uuid(), 'ping', '{}', now()) RETURNING id
     )
     INSERT INTO auth_webhook_deliveries (id, webhook_id, event_id, status, created_at)
     SELECT gen_random_uuid(), gen_random_uuid(), (SELECT id FROM event), 'delivered', ${PAST}`,
  ],
  [
    'purge-webhook-deliveries',
    'auth_webhook_events',
    `INSERT INTO auth_webhook_events (id, type, data, created_at)
     SELECT gen_random_uuid(), 'ping', '{}', ${PAST}`,
  ],
];

/** They delete in batches as well, and are tried where their rows are made. */
const elsewhere = [
  'purge-audit-events',
  'purge-counters',
  'purge-one-time-tokens',
  'purge-unconfirmed-factors',
];

it('has a case for each job that purges', async () => {
  const scheduled = await service.database.query<{ name: string }>(
    `SELECT name FROM astra_jobs.schedule WHERE name LIKE 'purge-%' ORDER BY name`,
  );
  const known = new Set([...purges.map(([job]) => job), ...elsewhere]);
  expect(scheduled.map(({ name }) => name)).toEqual([...known].sort());
});

it.each(purges)('%s removes what is over in %s a batch at a time', async (job, table, insert) => {
  const { database } = service;
  await database.query(`${insert} FROM generate_series(1, ${ROWS}) AS i`);
  await database.query(`CREATE TABLE removed_from_${table} (rows bigint)`);
  await database.query(
    `CREATE FUNCTION note_${table}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
     BEGIN INSERT INTO public.removed_from_${table} SELECT count(*) FROM gone; RETURN NULL; END $$`,
  );
  await database.query(
    `CREATE TRIGGER note AFTER DELETE ON ${table} REFERENCING OLD TABLE AS gone
       FOR EACH STATEMENT EXECUTE FUNCTION note_${table}()`,
  );
  await runScheduled(service, job);
  await eventually(async () => {
    const [{ sum, max }] = await database.query<{ sum: string; max: string }>(
      `SELECT sum(rows), max(rows) FROM removed_from_${table}`,
    );
    expect(Number(sum)).toBe(ROWS);
    expect(Number(max)).toBeLessThanOrEqual(AT_MOST);
  }, 20_000);
});
