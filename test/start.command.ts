import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readEnvironment, type Variables } from '../src/env.js';
import { ServiceLogger } from '../src/logs/service-logger.js';
import { type RunningService, serve } from '../src/service/serve.js';
import { CuttableProxy } from './support/cuttable-proxy.js';
import { eventually } from './support/eventually.js';
import { TestDatabase } from './support/test-database.js';
import { SECRET_KEY } from './support/test-service.js';

let database: TestDatabase;
let dataDir: string;
let said: string[];
let running: RunningService[];
beforeEach(async () => {
  database = await TestDatabase.create('template0');
  dataDir = await mkdtemp(join(tmpdir(), 'astra-start-'));
  said = [];
  running = [];
});
afterEach(async () => {
  for (const service of running) await service.stop();
  await database.drop();
  await rm(dataDir, { recursive: true });
});

/** Starts the service as the command does, on a free port. */
async function start(variables: Variables = {}): Promise<RunningService> {
  const { host, port, username, password, database: name } = database.connection;
  const env = readEnvironment({
    SECRET_KEY,
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: dataDir,
    POSTGRES_HOST: host,
    POSTGRES_PORT: String(port),
    POSTGRES_USER: username,
    POSTGRES_PASSWORD: password,
    POSTGRES_DB: name,
    ...variables,
  });
  const service = await serve(env, new ServiceLogger(env, (line) => said.push(line.trimEnd())));
  running.push(service);
  return service;
}

async function restart(variables: Variables = {}): Promise<RunningService> {
  await running.pop()?.stop();
  said = [];
  return start(variables);
}

const post = async ({ url }: RunningService, path: string, body: object) => {
  const response = await fetch(`${url}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as any };
};

const admin = { ADMIN_USERNAME: 'root', ADMIN_EMAIL: 'root@example.com', ADMIN_PASSWORD: 'Analytical1' };
const credentials = { username: 'ada', password: 'Analytical1' };
const ada = { ...credentials, email: 'ada@example.com' };

describe('a start', () => {
  it('makes the tables, and says in a few lines where everything is', async () => {
    const { url } = await start();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+$/);
    expect(said).toEqual([
      expect.stringMatching(/^Applied \d+ migrations$/),
      expect.stringMatching(/^Astra \d+\.\d+\.\d+$/),
      `  API       ${url}/api/v1`,
      `  Console   ${url}/console`,
      `  Docs      ${url}/docs`,
      `  Mail      ${url}/dev/mail`,
      `  Database  ${database.connection.host}:${database.connection.port}`,
    ]);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });

  it('keeps what an earlier one left', async () => {
    expect((await post(await start(), '/auth/register', ada)).status).toBe(201);
    const service = await restart();
    expect(said).not.toContainEqual(expect.stringMatching(/migrations/));
    expect((await post(service, '/auth/login', credentials)).status).toBe(200);
  });

  it('by DATABASE_URL goes to the same place, and does not show its password', async () => {
    const { host, port, username, password = 'canary', database: name } = database.connection;
    await start({
      POSTGRES_HOST: '',
      DATABASE_URL: `postgres://${username}:${password}@${host}:${port}/${name}`,
    });
    expect(said.at(-1)).toBe(`  Database  ${host}:${port}`);
    expect(said.join()).not.toContain(password);
  });

  it('makes the administrator that the settings name, once', async () => {
    const service = await start(admin);
    expect(said).toContain('Created the admin root');
    const { body } = await post(service, '/auth/login', { username: 'root', password: 'Analytical1' });
    const dashboard = await fetch(`${service.url}/api/v1/users/admin-dashboard`, {
      headers: { authorization: `Bearer ${body.access_token}` },
    });
    expect(dashboard.status).toBe(200);

    await restart({ ...admin, ADMIN_USERNAME: 'second', ADMIN_EMAIL: 'second@example.com' });
    expect(said).not.toContainEqual(expect.stringMatching(/administrator/));
    expect(await database.query(`SELECT username FROM auth_users WHERE role = 'admin'`)).toEqual([
      { username: 'root' },
    ]);
  });

  it('makes a development key once, and keeps it for its owner only', async () => {
    const first = await start({ SECRET_KEY: '' });
    const path = join(dataDir, 'secret-key');
    expect(said[0]).toContain(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const key = await readFile(path, 'utf8');
    expect(Buffer.from(key, 'base64url')).toHaveLength(32);
    expect(said.join()).not.toContain(key);

    await post(first, '/auth/register', ada);
    const { body } = await post(first, '/auth/login', credentials);
    const second = await restart({ SECRET_KEY: '' });
    expect(said.join()).not.toContain('SECRET_KEY');
    expect((await post(second, '/auth/refresh', { refresh_token: body.refresh_token })).status).toBe(200);
  });

  it('waits for a database that does not answer yet', async () => {
    const proxy = await CuttableProxy.to(database.connection);
    proxy.cut();
    try {
      const starting = start({ POSTGRES_HOST: '127.0.0.1', POSTGRES_PORT: String(proxy.address.port) });
      setTimeout(() => proxy.restore(), 300);
      const service = await starting;
      expect(said[0]).toMatch(/^The database is not responding yet \(.+\)\. Retrying for up to a minute$/);
      await service.stop();
      running = [];
    } finally {
      await proxy.close();
    }
  });
});

describe('a start ends with one sentence', () => {
  it('if the port is in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    try {
      await expect(start({ PORT: String(port) })).rejects.toThrow(
        `Port ${port} is in use. Set PORT to another port, or to 0 for any free port.`,
      );
    } finally {
      taken.close();
    }
    await expectNoConnections();
  });

  it('if there is no such database', async () => {
    const refused = start({ POSTGRES_DB: 'astra_missing_test' });
    await expect(refused).rejects.toThrow(
      /^The database cannot be used: .*"astra_missing_test" does not exist\. Create the database, or check its name in POSTGRES_DB\.$/,
    );
    expect(said).toEqual([]);
  });

  it('if the tables are not up to date in production', async () => {
    await expect(
      start({ NODE_ENV: 'production', SECRET_KEY: 'Zk1vT0x3eG5qY2JzUHJ0d0h1Z2lLbVY5c0FxRGZKeXo' }),
    ).rejects.toThrow(/not up to date\. Run "astra migrate"/);
    await expectNoConnections();
  });

  it('if the password of the administrator may not be used', async () => {
    await expect(start({ ...admin, ADMIN_PASSWORD: 'password' })).rejects.toThrow(/password/);
    await expectNoConnections();
  });

  it('if the development key is damaged', async () => {
    await writeFile(join(dataDir, 'secret-key'), 'short');
    await expect(start({ SECRET_KEY: '' })).rejects.toThrow(/secret-key is damaged\. Remove it/);
  });

  it('if the development key cannot be kept', async () => {
    const notADirectory = join(dataDir, 'file');
    await writeFile(notADirectory, '');
    await expect(start({ SECRET_KEY: '', DATA_DIR: join(notADirectory, 'data') })).rejects.toThrow(
      'DATA_DIR must be a directory',
    );
  });
});

/** A start that failed leaves nothing open; Postgres ends its side a moment later. */
const expectNoConnections = () =>
  eventually(async () => {
    const [{ count }] = await database.query<{ count: number }>(
      `SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'astra%'`,
    );
    expect(count).toBe(0);
  }, 10_000);
