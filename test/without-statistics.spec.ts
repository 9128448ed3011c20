import { DataSource } from 'typeorm';
import { readRows } from '../src/database/query-rows.js';
import { ada, type Answer, TestService, type Tokens } from './support/test-service.js';

/** Rows of each kind that are there but unknown to the planner. */
const ROWS = 3_000;
/** Maximum of entries of an index, or rows of a table, that a request may read: a few for each of its statements. */
const MOST = 100;
/**
 * Maximum, of accounts, for requests that look for a name, in two statements at most. As far as Postgres knows, each index of the accounts that
 * are not deleted finds it as soon.
 */
const MOST_BY_NAME = 2 * ROWS + MOST;
/** Number of requests of a kind. From its sixth execution, a prepared statement has one plan. */
const TIMES = 10;

let service: TestService;
let tokens: Tokens;
/** Different bodies change something each time. */
let turn = 0;

const byId: Record<string, () => Promise<Answer>> = {
  refreshes: () => service.post('/auth/refresh', { refresh_token: tokens.refresh_token }),
  'lists of sessions': () => service.get('/users/me/sessions', tokens.access_token),
  'changes of the account': () =>
    service.patch('/users/me', { full_name: `Ada ${++turn}` }, tokens.access_token),
  'confirmations that it is the user': () =>
    service.post('/users/me/reauthenticate', { password: ada.password }, tokens.access_token),
};
const byName: Record<string, () => Promise<Answer>> = {
  'sign-ins': () => service.post('/auth/login', { username: ada.username, password: ada.password }),
  'requests by a session that is not remembered': async () =>
    service.get('/users/me', (await service.signIn()).access_token),
  'sign-outs': async () => service.post('/auth/logout', {}, (await service.signIn()).access_token),
  'requests for an email link': () => service.post('/auth/password/forgot', { email: ada.email }),
};

/** Sends a request several times. A refresh returns the tokens for the next one. */
async function repeat(request: () => Promise<Answer>): Promise<void> {
  for (let i = 0; i < TIMES; i++) {
    const { status, body } = await request();
    expect(status).toBeLessThan(300);
    if (body?.refresh_token) tokens = body;
  }
}

/** Adds accounts and sessions, past the service. */
async function fill(): Promise<void> {
  await service.database.query(
    `INSERT INTO auth_users (id, username, email, email_verified_at)
     SELECT gen_random_uuid(), 'user' || i, 'user' || i || '@example.com', now() FROM generate_series(1, $1::int) i`,
    [ROWS],
  );
  await service.database.query(
    `INSERT INTO auth_sessions (id, user_id, created_at, last_used_at, expires_at, absolute_expires_at, confirmed_at, ended_at, end_reason)
     SELECT gen_random_uuid(), id, now(), now(), now() + interval '7 days', now() + interval '30 days',
            CASE WHEN is_ended THEN now() END, CASE WHEN is_ended THEN now() END, CASE WHEN is_ended THEN 'logout' END
       FROM auth_users, (VALUES (true), (false)) AS kinds (is_ended) WHERE username LIKE 'user%'`,
  );
}

/** Returns the rows and index entries that were read so far, by table or index. */
async function readSoFar(): Promise<Map<string, number>> {
  // A connection publishes its counters when it likes, unless it is told to; the sleep has the pool ask each.
  const db = service.app.get(DataSource);
  const publish = () => readRows(db, 'SELECT pg_stat_force_next_flush(), pg_sleep(0.2)');
  await Promise.all(Array.from({ length: 10 }, publish));
  const rows = await service.database.query<{ name: string; entries: number }>(
    `SELECT relname AS name, seq_tup_read::int AS entries FROM pg_stat_user_tables WHERE relname ^@ 'auth_'
      UNION ALL
     SELECT indexrelname, idx_tup_read::int FROM pg_stat_user_indexes WHERE relname ^@ 'auth_'`,
  );
  return new Map(rows.map(({ name, entries }) => [name, entries]));
}

describe('a database without statistics, such as one that was just restored', () => {
  beforeAll(async () => {
    service = await TestService.start();
    const tables = await service.database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_stat_user_tables WHERE relname ^@ 'auth_'`,
    );
    for (const { name } of tables)
      await service.database.query(`ALTER TABLE ${name} SET (autovacuum_enabled = false)`);
    tokens = await service.signUp();
    await fill();
    // Jobs go on after the requests for an email link, which have no prepared statements.
    const prepared = Object.entries({ ...byId, ...byName }).filter(([name]) => !name.includes('email'));
    for (const [, request] of prepared) await repeat(request);
  });
  afterAll(() => service.stop());

  it.each([
    ...Object.entries(byId).map(([name, request]) => [name, MOST, request] as const),
    ...Object.entries(byName).map(([name, request]) => [name, MOST_BY_NAME, request] as const),
  ])('is read row by row in %s', async (_, most, request) => {
    const before = await readSoFar();
    await repeat(request);
    const after = await readSoFar();
    const perRequest = [...after].map(
      ([name, entries]) => [name, Math.round((entries - (before.get(name) ?? 0)) / TIMES)] as const,
    );
    const many = perRequest.filter(
      ([name, entries]) => entries > (name.startsWith('auth_users') ? most : MOST),
    );
    expect(many).toEqual([]);
  });
});
