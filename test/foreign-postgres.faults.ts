import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { runCommand } from '../src/commands/run-command.js';
import { readEnvironment, type Variables } from '../src/env.js';
import { ServiceLogger } from '../src/logs/service-logger.js';
import { serve } from '../src/service/serve.js';
import { DebianPostgres, PgBouncer } from './support/debian-postgres.js';
import { eventually } from './support/eventually.js';
import type { Connection } from './support/test-database.js';
import { ada, SECRET_KEY } from './support/test-service.js';

type Answer = { status: number; body: any };

/** Sign-ins of a tour: some, and so many that they meet each connection of the pool where connections differ. */
const [FEW, MANY] = [2, 8];

/** The tour of the README, as a client takes it. */
async function tour(url: string, signIns: number): Promise<void> {
  const ask = async (method: string, path: string, body?: object, token?: string): Promise<Answer> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text && JSON.parse(text) };
  };
  const irina = {
    ...ada,
    username: 'IRINA',
    email: 'Irina@bücher.example',
    full_name: 'Irına İ. Łukasz',
  };
  expect(await ask('POST', '/auth/register', irina)).toMatchObject({ status: 201 });
  expect(await ask('POST', '/auth/register', { ...irina, username: 'irina' })).toMatchObject({ status: 409 });
  for (let i = 0; i < signIns; i++) {
    const { status, body } = await ask('POST', '/auth/login', {
      username: 'irina',
      password: irina.password,
    });
    expect(status).toBe(200);
    const { access_token: token, refresh_token } = body;
    const me = await ask('GET', '/users/me', undefined, token);
    expect(me).toMatchObject({ status: 200, body: { full_name: irina.full_name } });
    expect(Math.abs(Date.parse(me.body.created_at) - Date.now())).toBeLessThan(120_000);
    const refreshed = await Promise.all([1, 2, 3].map(() => ask('POST', '/auth/refresh', { refresh_token })));
    expect(refreshed.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect((await ask('GET', '/users/admin-dashboard', undefined, token)).status).toBe(403);
    expect((await ask('POST', '/auth/logout', undefined, token)).status).toBe(204);
    await eventually(async () => expect((await ask('GET', '/users/me', undefined, token)).status).toBe(401));
  }
}

async function query(connection: Connection, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ ...connection, user: connection.username });
  await client.connect();
  try {
    for (const sql of statements) await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Runs a command as the operator does. */
async function astra(variables: Variables, command: string): Promise<{ exitCode: number; told: string }> {
  const told: string[] = [];
  const tell = (line: string) => void told.push(line);
  const nobody = () => Promise.reject(new Error('nobody is asked'));
  const terminal = { print: tell, notice: tell, ask: nobody, askSecretly: nobody };
  const exitCode = await runCommand([command], () => readEnvironment(variables), terminal);
  return { exitCode, told: told.join('\n') };
}

async function startAndTour(variables: Variables, signIns = FEW): Promise<string[]> {
  const lines: string[] = [];
  const env = readEnvironment({
    ...variables,
    RATE_LIMIT: 'off',
    WORKER: 'off',
    HOST: '127.0.0.1',
    PORT: '0',
  });
  const service = await serve(
    env,
    new ServiceLogger({ ...env, production: true }, (line) => lines.push(line)),
  );
  try {
    await tour(service.url, signIns);
  } finally {
    await service.stop();
  }
  expect(lines.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
  return lines;
}

const servers: [string, () => Promise<{ connection: Connection; stop(): Promise<void> }>][] = [
  ['the embedded Postgres', () => Promise.resolve({ connection: shared(), stop: () => Promise.resolve() })],
  ['the Postgres of Debian', () => DebianPostgres.start()],
];

/** The server of this run. */
function shared(): Connection {
  return (JSON.parse(process.env.ASTRA_TEST_SERVER ?? '') as { owner: Connection }).owner;
}

describe.each(servers)('%s', (_, start) => {
  let server: { connection: Connection; stop(): Promise<void> };
  let name: string;
  beforeAll(async () => (server = await start()));
  afterAll(() => server.stop());
  beforeEach(() => (name = `astra_${randomBytes(5).toString('hex')}`));
  afterEach(async () => {
    await query(server.connection, `DROP DATABASE IF EXISTS ${name}_test WITH (FORCE)`);
    for (const role of [`${name}_service`, `${name}_owner`])
      await query(server.connection, `DROP ROLE IF EXISTS ${role}`);
  });

  /** Makes a database and its owner. @returns the settings of an installation there. */
  async function install(options: string, rights = 'CREATEROLE'): Promise<Variables> {
    const { host, port } = server.connection;
    await query(
      server.connection,
      `CREATE ROLE ${name}_owner LOGIN ${rights} PASSWORD 'owner'`,
      `CREATE DATABASE ${name}_test TEMPLATE template0 ENCODING 'UTF8' ${options}`,
    );
    return {
      SECRET_KEY,
      POSTGRES_HOST: host,
      POSTGRES_PORT: String(port),
      POSTGRES_USER: `${name}_owner`,
      POSTGRES_PASSWORD: 'owner',
      POSTGRES_DB: `${name}_test`,
      POSTGRES_SERVICE_USER: `${name}_service`,
      POSTGRES_SERVICE_PASSWORD: 'service',
    };
  }
  const owned = () => `OWNER ${name}_owner`;
  const inDatabase = (...statements: string[]) =>
    query({ ...server.connection, database: `${name}_test` }, ...statements);

  it.each([
    ['C', `LOCALE_PROVIDER libc LOCALE 'C'`, 'C'],
    // It writes a dot on the capital of i, and none on the small letter of I.
    ['ICU de-AT', `LOCALE_PROVIDER icu ICU_LOCALE 'de-AT' LOCALE 'C'`, 'de-AT'],
    ['ICU tr-TR', `LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C'`, 'tr-TR'],
  ])('serves the tour on the collation %s', async (_, locale, shown) => {
    const settings = await install(`${owned()} ${locale}`);
    expect(await astra(settings, 'migrate')).toMatchObject({ exitCode: 0 });
    await startAndTour(settings);
    expect((await astra(settings, 'doctor')).told).toMatch(
      new RegExp(`^✓ Encoding +UTF8, collation ${shown},`, 'm'),
    );
  });

  it('serves the tour where role and database begin sessions in an odd way', async () => {
    const settings = await install(owned());
    expect(await astra(settings, 'migrate')).toMatchObject({ exitCode: 0 });
    for (const setting of [
      "DateStyle = 'SQL, DMY'",
      "IntervalStyle = 'sql_standard'",
      "TimeZone = 'Asia/Kolkata'",
      "bytea_output = 'escape'",
      "client_encoding = 'LATIN1'",
      'extra_float_digits = -10',
      "default_transaction_isolation = 'serializable'",
      'default_transaction_deferrable = on',
      "statement_timeout = '150ms'",
      "lock_timeout = '20ms'",
      "idle_session_timeout = '500ms'",
      "idle_in_transaction_session_timeout = '100ms'",
      'standard_conforming_strings = off',
      'transform_null_equals = on',
      'array_nulls = off',
      'row_security = off',
      'search_path = nowhere, "$user", public, pg_catalog',
    ])
      await query(
        server.connection,
        `ALTER DATABASE ${name}_test SET ${setting}`,
        `ALTER ROLE ${name}_service SET ${setting}`,
      );
    await startAndTour(settings, MANY);
  });

  it.each(['accounts', '"Accounts of ""us"", v1.2 – ü"'])(
    'serves the tour in the schema %s, which search_path names',
    async (schema) => {
      const settings = await install(owned());
      await inDatabase(
        `CREATE SCHEMA ${schema} AUTHORIZATION ${name}_owner`,
        `ALTER ROLE ${name}_owner SET search_path = ${schema}, public`,
      );
      expect(await astra(settings, 'migrate')).toMatchObject({ exitCode: 0 });
      await startAndTour(settings);
      const { told } = await astra(settings, 'doctor');
      expect(told).toMatch(/✓ Migrations .*\n.*\n✓ Rights/);
    },
  );

  it('serves the tour as roles with a hyphen, capitals, and a dot in their names', async () => {
    const settings = await install(owned());
    const odd = `${name}-Service.v1`;
    const named = { ...settings, POSTGRES_SERVICE_USER: odd };
    await query(server.connection, `ALTER ROLE ${name}_owner RENAME TO "${name}-Owner"`);
    await query(server.connection, `ALTER ROLE "${name}-Owner" PASSWORD 'owner'`);
    try {
      expect(await astra({ ...named, POSTGRES_USER: `${name}-Owner` }, 'migrate')).toMatchObject({
        exitCode: 0,
      });
      await startAndTour({ ...named, POSTGRES_USER: `${name}-Owner` });
    } finally {
      await inDatabase(`DROP OWNED BY "${odd}"`, `DROP ROLE "${odd}"`);
      await query(server.connection, `ALTER ROLE "${name}-Owner" RENAME TO ${name}_owner`);
    }
  });

  it.each(['LATIN1', 'SQL_ASCII'])(
    'names what to do about a database in %s, and makes nothing',
    async (encoding) => {
      const settings = await install(owned(), 'CREATEROLE');
      await query(
        server.connection,
        `DROP DATABASE ${name}_test`,
        `CREATE DATABASE ${name}_test TEMPLATE template0 ENCODING '${encoding}' LOCALE_PROVIDER libc LOCALE 'C' ${owned()}`,
      );
      expect(await astra(settings, 'migrate')).toMatchObject({
        exitCode: 1,
        told: expect.stringMatching(/encoding of the database is .*CREATE DATABASE … ENCODING 'UTF8'/),
      });
      await expect(startAndTour(settings)).rejects.toThrow(/astra migrate|encoding|cannot be used/);
    },
  );

  it('names what to do about a database that is set to read-only', async () => {
    const settings = await install(owned());
    expect(await astra(settings, 'migrate')).toMatchObject({ exitCode: 0 });
    await query(server.connection, `ALTER DATABASE ${name}_test SET default_transaction_read_only = on`);
    const { told } = await astra(settings, 'doctor');
    expect(told).toMatch(/✗ Session .*read-only[^]*→ .*RESET default_transaction_read_only/);
  });

  it('serves the tour for a plain owner, who is told before what to grant', async () => {
    const {
      POSTGRES_SERVICE_USER: _user,
      POSTGRES_SERVICE_PASSWORD: _password,
      ...settings
    } = await install('', '');
    const refused = await astra(settings, 'migrate');
    expect(refused.exitCode).toBe(1);
    const [, grants] =
      /^The tables cannot be created: .* connected to \S+: (GRANT .*;)$/m.exec(refused.told) ?? [];
    expect((await astra(settings, 'doctor')).told).toContain(grants);
    await expect(startAndTour(settings)).rejects.toThrow(grants);

    await inDatabase(grants);
    expect(await astra(settings, 'migrate')).toMatchObject({ exitCode: 0 });
    await startAndTour(settings);
  });

  it.each(['session', 'transaction'] as const)(
    'serves the tour behind a PgBouncer in %s mode',
    async (mode) => {
      const settings = await install(owned());
      expect(await astra(settings, 'migrate')).toMatchObject({ exitCode: 0 });
      const users = { [`${name}_service`]: 'service', [`${name}_owner`]: 'owner' };
      const probe = {
        ...server.connection,
        database: `${name}_test`,
        username: `${name}_service`,
        password: 'service',
      };
      const pooler = await PgBouncer.start(mode, server.connection, users, probe);
      try {
        const pooled = { ...settings, POSTGRES_PORT: String(pooler.port) };
        const lines = await startAndTour(pooled, MANY);
        expect(lines.some((line) => line.includes('notifications do not arrive'))).toBe(
          mode === 'transaction',
        );
        const { told } = await astra(pooled, 'doctor');
        expect(told).toMatch(mode === 'session' ? /✓ LISTEN/ : /✗ LISTEN/);
        expect(told).toMatch(/[✓!] Session/);
        // Once more behind it, where nothing stays locked.
        for (let i = 0; i < 2; i++) expect(await astra(pooled, 'migrate')).toMatchObject({ exitCode: 0 });
      } finally {
        await pooler.stop();
      }
    },
  );

  it('keeps two installations with the same role apart', async () => {
    const settings = await install(owned());
    expect(await astra(settings, 'migrate')).toMatchObject({ exitCode: 0 });
    const second = `${name}_second_test`;
    await query(server.connection, `CREATE DATABASE ${second} OWNER ${name}_owner TEMPLATE template0`);
    try {
      const there = { ...settings, POSTGRES_DB: second };
      const refused = await astra(there, 'migrate');
      expect(refused).toMatchObject({
        exitCode: 1,
        told: expect.stringMatching(/already exists .* Set POSTGRES_SERVICE_USER to another name/),
      });
      await startAndTour(settings);
    } finally {
      await query(server.connection, `DROP DATABASE ${second} WITH (FORCE)`);
    }
  });
});
