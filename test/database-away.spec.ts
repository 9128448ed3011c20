import dns from 'node:dns';
import pg from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { CuttableProxy } from './support/cuttable-proxy.js';
import { startDeafPooler } from './support/deaf-pooler.js';
import { eventually } from './support/eventually.js';
import { expectProblem } from './support/expect-problem.js';
import { TestDatabase } from './support/test-database.js';
import { ada, type Answer, TestService, type Tokens } from './support/test-service.js';

let database: TestDatabase;
let proxy: CuttableProxy;
let service: TestService;
let tokens: Tokens;
beforeAll(async () => {
  database = await TestDatabase.create();
  proxy = await CuttableProxy.to(database.connection);
  service = await TestService.start({ on: database, via: proxy.address });
  tokens = await service.signUp();
});
afterAll(async () => {
  proxy.restore();
  await service.stop();
  await proxy.close();
  await database.drop();
});
afterEach(() => proxy.restore());

function expectUnavailable(answer: Answer): void {
  expectProblem(answer, 503, 'unavailable');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('while the database is away', () => {
  const requests: [string, () => Promise<Answer>][] = [
    ['a valid token', () => service.get('/users/me', tokens.access_token)],
    ['a sign-in', () => service.post('/auth/login', { username: 'ada', password: ada.password })],
    ['a refresh', () => service.post('/auth/refresh', { refresh_token: tokens.refresh_token })],
    [
      'a registration',
      () => service.post('/auth/register', { ...ada, username: 'eve', email: 'eve@example.com' }),
    ],
    ['a change', () => service.patch('/users/me', { full_name: 'Ada' }, tokens.access_token)],
    ['the question whether it is ready', () => service.get('//health/ready')],
  ];

  it.each(requests)('answers %s with 503, and works again as soon as it is back', async (_, send) => {
    proxy.cut();
    // What was known a moment ago is answered from memory until the silence is noticed.
    await eventually(async () => expectUnavailable(await send()));
    expectUnavailable(await send());

    proxy.restore();
    await eventually(async () => expect((await service.get('//health/ready')).status).toBe(200), 2_000);
    await eventually(
      async () => expect((await service.get('/users/me', tokens.access_token)).status).toBe(200),
      2_000,
    );
  });

  it('is alive, and says what needs no database', async () => {
    proxy.cut();
    expect(await service.get('//health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect((await service.get('//')).status).toBe(200);
    expectProblem(await service.get('/users/me', 'forged'), 401, 'invalid-token');
    expectProblem(await service.get('/users/me'), 401, 'not-authenticated');
  });

  it('finds everything as it was', async () => {
    const refreshed = await service.post('/auth/refresh', { refresh_token: tokens.refresh_token });
    expect(refreshed.status).toBe(200);
    expect((await service.get('/users/me', tokens.access_token)).body.full_name).toBeNull();
    expect(await database.query('SELECT username FROM auth_users')).toEqual([{ username: 'ada' }]);
  });
});

describe('a database that keeps others waiting', () => {
  it('is given up on by each connection of the service after the times that are promised', async () => {
    const { rows } = await pool().query<{ name: string; ms: number }>(
      `SELECT name, setting::int AS ms FROM pg_settings WHERE name ~ '^(statement|lock|idle_in_trans.*)_timeout$'`,
    );
    expect(Object.fromEntries(rows.map(({ name, ms }) => [name, ms]))).toEqual({
      statement_timeout: 5_000,
      lock_timeout: 2_000,
      idle_in_transaction_session_timeout: 10_000,
    });
    expect(pool().options).toMatchObject({ connectionTimeoutMillis: 2_000, query_timeout: 8_000 });
  });

  it('refuses who waits for a lock after two seconds', async () => {
    const holder = new pg.Client({ ...database.connection, user: database.connection.username });
    await holder.connect();
    try {
      await holder.query('BEGIN; LOCK TABLE auth_users IN ACCESS EXCLUSIVE MODE');
      const begun = performance.now();
      expectUnavailable(await service.patch('/users/me', { full_name: 'Ada' }, tokens.access_token));
      expect(performance.now() - begun).toBeGreaterThan(1_900);
      expect(performance.now() - begun).toBeLessThan(6_000);
    } finally {
      await holder.end();
    }
  });

  it('refuses who waits for a free connection after two seconds', async () => {
    const taken = await Promise.all(Array.from({ length: 10 }, () => pool().connect()));
    try {
      const begun = performance.now();
      expectUnavailable(await service.post('/auth/refresh', { refresh_token: tokens.refresh_token }));
      expect(performance.now() - begun).toBeGreaterThan(1_900);
      expect(performance.now() - begun).toBeLessThan(6_000);
    } finally {
      for (const client of taken) client.release();
    }
  });
});

/** The connections of the service. */
const pool = () => (service.app.get(DataSource).driver as PostgresDriver).master as pg.Pool;

it('whose name takes long to look up is named in the log, once', async () => {
  const lines: string[] = [];
  const slow = await TestService.start({
    on: database,
    via: { host: 'localhost' },
    print: (line) => lines.push(line),
  });
  const { lookup } = dns;
  dns.lookup = ((...args: Parameters<typeof lookup>) => setTimeout(() => lookup(...args), 600)) as never;
  try {
    const sleeper = () => slow.app.get(DataSource).query('SELECT pg_sleep(0.1)');
    await Promise.all(Array.from({ length: 6 }, sleeper));
  } finally {
    dns.lookup = lookup;
    await slow.stop();
  }
  expect(lines.filter((line) => /Looking up the name localhost took \d\.\d s/.test(line))).toHaveLength(1);
});

it('whose notices a pooler loses is asked for each request, and the log says so', async () => {
  const pooler = await startDeafPooler(database.connection);
  const lines: string[] = [];
  const deaf = await TestService.start({
    on: database,
    via: { host: '127.0.0.1', port: pooler.port },
    print: (line) => lines.push(line),
  });
  try {
    const { access_token: token } = await service.signIn();
    expect((await deaf.get('/users/me', token)).status).toBe(200);
    await service.post('/auth/logout', undefined, token);
    expect((await deaf.get('/users/me', token)).status).toBe(401);
    expect(lines.join()).toContain(
      'notifications do not arrive. Connect without a pooler, or with one in session mode',
    );
  } finally {
    await deaf.stop();
    await pooler.close();
  }
});
