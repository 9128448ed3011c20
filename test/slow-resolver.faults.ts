import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from './support/eventually.js';
import { NameServer } from './support/name-server.js';
import { OwnPostgres } from './support/own-postgres.js';
import { Program } from './support/program.js';
import { ada, SECRET_KEY } from './support/test-service.js';

/** Of the name server, which only the service is told to ask. */
const ADDRESS = '127.0.0.77';

let postgres: OwnPostgres;
let names: NameServer;
let folder: string;
beforeAll(async () => {
  [postgres, names] = await Promise.all([OwnPostgres.start(), NameServer.start(ADDRESS)]);
  folder = await mkdtemp(join(tmpdir(), 'astra-names-'));
  await writeFile(join(folder, 'resolv.conf'), `nameserver ${ADDRESS}\n`);
});
afterAll(async () => {
  names.stop();
  await postgres.remove();
  await rm(folder, { recursive: true });
});

/** Runs a program that sees another `/etc/resolv.conf`. */
function withNames(command: string[], env: Record<string, string>): Program {
  const script = 'mount --make-rprivate / && mount --bind "$0" /etc/resolv.conf && exec "$@"';
  return Program.run(
    ['unshare', '--mount', 'sh', '-c', script, join(folder, 'resolv.conf'), ...command],
    folder,
    env,
  );
}

/** Starts the service, whose database has a name that only this resolver knows. */
async function start(): Promise<{
  service: Program;
  send: (path: string, body?: object, token?: string) => Promise<Response>;
}> {
  const { port, username, password, database } = postgres.connection;
  const service = withNames(Program.command('main.ts'), {
    SECRET_KEY,
    DATA_DIR: folder,
    PORT: '0',
    RATE_LIMIT: 'off',
    DATABASE_URL: `postgres://${username}:${password}@db.astra.test:${port}/${database}`,
  });
  const api = await service.says(/API +(\S+)/);
  const send = (path: string, body?: object, token?: string) =>
    fetch(new URL(path, `${api}/`), {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  return { service, send };
}

/** Number of answers by status of 12 clients at once, more than there are open connections, for some seconds. */
async function load(
  send: Awaited<ReturnType<typeof start>>['send'],
  seconds: number,
): Promise<Record<number, number>> {
  const people = ['reader', 'writer'].map((username) => ({
    ...ada,
    username,
    email: `${username}@example.com`,
  }));
  for (const person of people) await send('auth/register', person);
  const signIn = ({ username, password }: typeof ada) => send('auth/login', { username, password });
  const { access_token } = (await (await signIn(people[0])).json()) as { access_token: string };
  const statuses: Record<number, number> = {};
  const until = performance.now() + seconds * 1_000;
  const clients = Array.from({ length: 12 }, async (_, number) => {
    while (performance.now() < until) {
      const { status } = await (number % 3
        ? send('users/me/sessions', undefined, access_token)
        : signIn(people[1]));
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  });
  await Promise.all(clients);
  return statuses;
}

const slowness = /Looking up the name db\.astra\.test took \d+\.\d s\. Check the resolver \(DNS\)\./g;

describe('A resolver', () => {
  afterEach(() => (names.delay = 0));

  it('that takes 3 s fails no request, as the last addresses are used, and is named in the log', async () => {
    const { service, send } = await start();
    const { asked } = names;
    expect(asked).toBeGreaterThan(0);
    names.delay = 3_000;
    expect(Object.keys(await load(send, 10))).toEqual(['200']);
    expect(names.asked).toBeGreaterThan(asked);
    expect(service.output.match(slowness)).toHaveLength(1);
    service.interrupt();
    expect(await service.exit).toBe(0);
  });

  it('that takes longer than a connection may delays a start for as long', async () => {
    names.delay = 3_000;
    const { service, send } = await start();
    expect((await send('users/me')).status).toBe(401);
    service.interrupt();
    expect(await service.exit).toBe(0);
  });

  it('that does not answer at all fails no request either, not even when all connections are new', async () => {
    const { service, send } = await start();
    names.delay = 3_600_000;
    const client = new pg.Client({ ...postgres.connection, user: postgres.connection.username });
    await client.connect();
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await client.end();
    await eventually(async () => expect((await send('/health/ready')).status).toBe(200), 10_000);
    expect(Object.keys(await load(send, 10))).toEqual(['200']);
    service.interrupt();
    expect(await service.exit).toBe(0);
  });
});
