import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import { readEnvironment } from '../src/env.js';
import { openDatabase } from '../src/service/open-database.js';
import { eventually } from './support/eventually.js';
import { expectProblem } from './support/expect-problem.js';
import { TestDatabase } from './support/test-database.js';
import { ada, type Answer, SECRET_KEY, TestService, type Tokens } from './support/test-service.js';

/** A role of this file's own, which may do what the owner may. */
const role = `astra_${randomBytes(6).toString('hex')}_test`;

let database: TestDatabase;
let name: string;
let service: TestService;
let tokens: Tokens;
beforeAll(async () => {
  database = await TestDatabase.create();
  name = database.connection.database;
  await database.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD 'first'`);
  await database.query(`ALTER ROLE ${role} NOSUPERUSER`);
  await database.query(`GRANT ALL ON ALL TABLES IN SCHEMA public, astra_jobs TO ${role}`);
  await database.query(`GRANT ALL ON SCHEMA astra_jobs TO ${role}`);
  service = await TestService.start({ on: database, via: { username: role, password: 'first' } });
  tokens = await service.signUp();
});
afterAll(async () => {
  await service.stop();
  await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  await database.drop();
});

/** Ends its connections, as they end by themselves sooner or later. */
const disconnect = () =>
  database.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);

function expectUnavailable(answer: Answer): void {
  expectProblem(answer, 503, 'unavailable');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}

/** What happens to it, and how it is put right. */
const refusals: [string, string[], string[]][] = [
  [
    'has another password for the service',
    [`ALTER ROLE ${role} PASSWORD 'second'`],
    [`ALTER ROLE ${role} PASSWORD 'first'`],
  ],
  ['lets the service not log in', [`ALTER ROLE ${role} NOLOGIN`], [`ALTER ROLE ${role} LOGIN`]],
  [
    'has no room for the service',
    [`ALTER ROLE ${role} CONNECTION LIMIT 0`],
    [`ALTER ROLE ${role} CONNECTION LIMIT -1`],
  ],
  [
    'may not be connected to',
    [`REVOKE CONNECT ON DATABASE $ FROM PUBLIC`],
    [`GRANT CONNECT ON DATABASE $ TO PUBLIC`],
  ],
  [
    'takes no connections',
    [`ALTER DATABASE $ ALLOW_CONNECTIONS false`],
    [`ALTER DATABASE $ ALLOW_CONNECTIONS true`],
  ],
  ['has another name', [`ALTER DATABASE $ RENAME TO ${role}`], [`ALTER DATABASE ${role} RENAME TO $`]],
  [
    'is read-only',
    [`ALTER DATABASE $ SET default_transaction_read_only = on`],
    [`ALTER DATABASE $ RESET default_transaction_read_only`],
  ],
];

describe.each(refusals)('while the database %s', (what, change, undo) => {
  const server = () =>
    new DataSource({ ...dataSourceOptions({ ...database.connection, database: 'postgres' }), poolSize: 1 });
  const run = async (statements: string[]) => {
    const db = await server().initialize();
    try {
      for (const sql of statements) {
        // Nobody may be connected to a database that gets another name.
        await db.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
        await db.query(sql.replaceAll('$', name));
        await db.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [role]);
      }
    } finally {
      await db.destroy();
    }
  };
  beforeAll(() => run(change));
  afterAll(async () => {
    await run(undo);
    await eventually(async () => {
      if ((await service.get('//health/ready')).status !== 200) throw new Error('It does not come back');
    }, 5_000);
  });

  const requests: [string, () => Promise<Answer>][] = [
    ['a sign-in', () => service.post('/auth/login', { username: 'ada', password: ada.password })],
    ['a refresh', () => service.post('/auth/refresh', { refresh_token: tokens.refresh_token })],
    [
      'a registration',
      () => service.post('/auth/register', { ...ada, username: 'eve', email: 'eve@example.com' }),
    ],
    ['a change', () => service.patch('/users/me', { full_name: 'Ada' }, tokens.access_token)],
    ['a logout', () => service.post('/auth/revoke', { token: tokens.refresh_token })],
    ['the question whether it is ready', () => service.get('//health/ready')],
  ];

  it.each(requests)('answers %s with 503', async (_, send) => {
    await eventually(async () => expectUnavailable(await send()));
    expectUnavailable(await send());
  });

  it('reads what can be read, or answers 503', async () => {
    const answer = await service.get('/users/me', tokens.access_token);
    if (what === 'is read-only') expect(answer.status).toBe(200);
    else expectUnavailable(answer);
  });
});

describe('after all of that', () => {
  it('works as before, with everything as it was', async () => {
    await disconnect();
    await eventually(
      async () => expect((await service.get('/users/me', tokens.access_token)).status).toBe(200),
      5_000,
    );
    expect((await service.post('/auth/refresh', { refresh_token: tokens.refresh_token })).status).toBe(200);
    expect(await database.query('SELECT username FROM auth_users')).toEqual([{ username: 'ada' }]);
  });
});

describe('a start', () => {
  const env = (changes: Record<string, string> = {}) => {
    const { host, port } = database.connection;
    return readEnvironment({
      SECRET_KEY,
      POSTGRES_HOST: host,
      POSTGRES_PORT: String(port),
      POSTGRES_USER: role,
      POSTGRES_PASSWORD: 'first',
      POSTGRES_DB: name,
      NODE_ENV: 'test',
      ...changes,
    });
  };

  it.each([
    [
      { POSTGRES_PASSWORD: 'wrong' },
      /password authentication failed.*Check the user and the password in POSTGRES_USER and POSTGRES_PASSWORD/,
    ],
    [{ POSTGRES_DB: 'no_such_test' }, /does not exist.*check its name in POSTGRES_DB/],
  ])('ends at once, and says what to do: %j', async (changes, message) => {
    const begun = performance.now();
    await expect(openDatabase(env(changes), () => undefined)).rejects.toThrow(message);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('waits for a database that is read-only', async () => {
    await database.query(`ALTER ROLE ${role} SET default_transaction_read_only = on`);
    const told: string[] = [];
    const opening = openDatabase(env(), (line) => told.push(line));
    await eventually(async () =>
      expect(told).toEqual([expect.stringMatching(/read-only.*trying for up to a minute/)]),
    );
    await database.query(`ALTER ROLE ${role} RESET default_transaction_read_only`);
    await (await opening).close();
  });
});
