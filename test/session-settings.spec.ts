import pg from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { verifyAudit } from '../src/audit/chains/verify-audit.js';
import { sessionSettings } from '../src/database/connections/session-settings.js';
import { eventually } from './support/eventually.js';
import { TestDatabase } from './support/test-database.js';
import { ada, SECRET_KEY, TestService } from './support/test-service.js';
import { expectProblem } from './support/expect-problem.js';

/** As far from what the code relies on as Postgres permits, for each setting. */
const odd: Record<keyof typeof sessionSettings, string> = {
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '700ms',
  default_transaction_isolation: 'serializable',
  client_encoding: 'LATIN1',
  TimeZone: 'Pacific/Chatham',
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  bytea_output: 'escape',
  extra_float_digits: '-15',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  transform_null_equals: 'on',
  row_security: 'off',
  work_mem: '64kB',
  max_parallel_workers_per_gather: '8',
  jit: 'on',
};
/** What the code does not set, and has to live with. */
const others = {
  search_path: '"$user", public',
  default_transaction_deferrable: 'on',
  escape_string_warning: 'on',
  quote_all_identifiers: 'on',
  client_min_messages: 'debug1',
  synchronous_commit: 'off',
  plan_cache_mode: 'force_custom_plan',
  xmloption: 'document',
  lc_time: 'C',
};

let database: TestDatabase;
let service: TestService;
beforeAll(async () => {
  database = await TestDatabase.create();
  const name = pg.escapeIdentifier(database.connection.database);
  for (const [setting, value] of Object.entries({ ...odd, ...others }))
    await database.query(
      `ALTER DATABASE ${name} SET ${setting} = ${setting === 'search_path' ? value : `'${value}'`}`,
    );
  service = await TestService.start({ on: database, rateLimit: true });
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

describe('a database whose sessions begin in an odd way', () => {
  it('does begin them like that', async () => {
    const [{ style }] = await database.query<{ style: string }>(
      `SELECT current_setting('DateStyle') AS style`,
    );
    expect(style).toBe('SQL, DMY');
  });

  it.each(Object.entries(sessionSettings))('has %s set by the service: %s', async (name, value) => {
    const pool = (service.app.get(DataSource).driver as PostgresDriver).master as pg.Pool;
    const clients = await Promise.all(Array.from({ length: 10 }, () => pool.connect()));
    try {
      for (const client of clients) {
        const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [name]);
        expect(rows[0].value).toBe(value);
      }
    } finally {
      for (const client of clients) client.release();
    }
  });

  it('is served like any other', async () => {
    const { id, access_token, refresh_token } = await service.signUp({ password: 'Prüf\\ung1\\\\ "\'' });
    const { body: me } = await service.get('/users/me', access_token);
    expect(me).toMatchObject({ id, username: 'ada' });
    expect(Math.abs(Date.parse(me.created_at) - Date.now())).toBeLessThan(60_000);
    const { body: sessions } = await service.get('/users/me/sessions', access_token);
    expect(Math.abs(Date.parse(sessions.items[0].created_at) - Date.now())).toBeLessThan(60_000);
    expect(
      (await service.patch('/users/me', { full_name: 'Zoë \\ Ł’“𝒜' }, access_token)).body.full_name,
    ).toBe('Zoë \\ Ł’“𝒜');
    expect((await service.post('/auth/refresh', { refresh_token })).status).toBe(200);
    expectProblem(await service.get('/users/admin-dashboard', access_token), 403, 'insufficient-role');
    expect((await service.post('/auth/logout', undefined, access_token)).status).toBe(204);
    await eventually(async () =>
      expectProblem(await service.get('/users/me', access_token), 401, 'invalid-token'),
    );
  });

  it('keeps count of failures, and of the trail', async () => {
    for (let i = 0; i < 5; i++)
      await service.post('/auth/login', { username: ada.username, password: 'Wrong12345' });
    expectProblem(
      await service.post('/auth/login', { username: ada.username, password: 'Wrong12345' }),
      429,
      'too-many-requests',
    );
    const events = await database.query('SELECT type FROM auth_audit_events');
    expect(events.length).toBeGreaterThan(5);
    const keys = { secretKey: SECRET_KEY, previousSecretKeys: [] };
    expect((await verifyAudit(service.app.get(DataSource), keys)).faults).toEqual([]);
  });
});
