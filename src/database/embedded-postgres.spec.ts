import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import {
  EmbeddedPostgres,
  EmbeddedPostgresError,
  type EmbeddedPostgresOptions,
} from './embedded-postgres.js';

const isRoot = process.getuid?.() === 0;

let dataDir: string;
let started: EmbeddedPostgres[] = [];

beforeEach(async () => {
  // A folder that is closed to others, with a name that needs quoting.
  dataDir = await mkdtemp(join(tmpdir(), "astra's postgres "));
});

afterEach(async () => {
  await Promise.all(started.map((server) => server.stop()));
  started = [];
  await rm(dataDir, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await EmbeddedPostgres.start({ dataDir, ephemeral: true, ...options });
  started.push(server);
  return server;
}

async function query<Row extends pg.QueryResultRow>({ url }: EmbeddedPostgres, sql: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Ends the connection by which a user of the server is known, as when its process is killed. */
async function forget(server: EmbeddedPostgres): Promise<void> {
  await query(
    server,
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid IN (SELECT pid FROM pg_locks WHERE locktype = $$advisory$$)',
  );
}

async function readPid(): Promise<number> {
  const file = await readFile(join(dataDir, 'postgres-ephemeral', 'postmaster.pid'), 'utf8');
  return Number.parseInt(file, 10);
}

it('keeps the data and the password over a restart', async () => {
  const before = await start({ ephemeral: false });
  await query(before, 'CREATE TABLE kept AS SELECT 42 AS answer');
  await before.stop();
  await expect(query(before, 'SELECT')).rejects.toThrow('ECONNREFUSED');

  const after = await start({ ephemeral: false });
  expect(await query(after, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
  expect(after.password).toBe(before.password);
  expect(await query(after, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
});

it('folds the case of all letters, and listens on this machine only', async () => {
  const server = await start({ settings: { application_name: "o'clock $HOME" } });
  const [row] = await query<Record<string, string>>(
    server,
    `SELECT lower('ÅSTRÖM ΣΑΣ') AS folded, current_setting('listen_addresses') AS addresses,
            current_setting('unix_socket_directories') AS sockets, current_setting('server_encoding') AS encoding`,
  );
  expect(row).toEqual({ folded: 'åström σασ', addresses: '127.0.0.1', sockets: '', encoding: 'UTF8' });
});

it('hands settings over as they are', async () => {
  const server = await start({ settings: { cluster_name: "o'clock $HOME" } });
  expect(await query(server, 'SHOW cluster_name')).toEqual([{ cluster_name: "o'clock $HOME" }]);
});

it('makes a database once, also when asked twice at once', async () => {
  const server = await start();
  const other = await start();
  await Promise.all([
    server.createDatabaseIfMissing('an "odd" name'),
    other.createDatabaseIfMissing('an "odd" name'),
  ]);
  await server.createDatabaseIfMissing('an "odd" name');
  expect(await query(server, `SELECT datname FROM pg_database WHERE datname LIKE 'an%'`)).toHaveLength(1);
});

it('lets the password be read by nobody else', async () => {
  await start();
  const password = await stat(join(dataDir, 'postgres-ephemeral-password'));
  const data = await stat(join(dataDir, 'postgres-ephemeral'));
  expect([password.mode & 0o777, data.mode & 0o777]).toEqual([0o600, 0o700]);
});

it.each([
  ['closed to others', 0o700, isRoot],
  ['open to all', 0o755, false],
])(
  'runs in a folder %s, as an ordinary user with no more rights than it needs',
  async (_, mode, needsRights) => {
    await chmod(dataDir, mode);
    const server = await start();
    await server.createDatabaseIfMissing('astra');

    const status = await readFile(`/proc/${await readPid()}/status`, 'utf8');
    expect(status).not.toMatch(/^Uid:\s+0\s/m);
    expect(/^CapEff:\s+(\w+)$/m.exec(status)?.[1]).toBe(
      needsRights ? '0000000000000004' : '0000000000000000',
    );
  },
);

it('joins a running server, which the last one to stop shuts down', async () => {
  const first = await start();
  const second = await start();
  expect(second.url).toBe(first.url);

  await first.stop();
  await query(second, 'SELECT');
  await second.stop();
  await expect(query(second, 'SELECT')).rejects.toThrow('ECONNREFUSED');
});

it('leaves no server behind when all stop at once', async () => {
  const servers = await Promise.all([start(), start(), start()]);
  await Promise.all(servers.map((server) => server.stop()));
  await expect(query(servers[0], 'SELECT')).rejects.toThrow('ECONNREFUSED');
});

it('joins the server that a killed process left, and shuts it down', async () => {
  const killed = await start();
  await forget(killed);
  const next = await start();
  expect(next.port).toBe(killed.port);
  await next.stop();
  await expect(query(next, 'SELECT')).rejects.toThrow('ECONNREFUSED');
});

it('shuts the server down also after it lost its connection to it', async () => {
  const server = await start();
  await forget(server);
  await server.stop();
  await expect(query(server, 'SELECT')).rejects.toThrow('ECONNREFUSED');
});

it('makes one cluster when several start at once on a new folder', async () => {
  const servers = await Promise.all([start(), start(), start()]);
  expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
  expect((await readdir(dataDir)).sort()).toEqual(['postgres-ephemeral', 'postgres-ephemeral-password']);
});

it('starts again after the server was killed', async () => {
  const killed = await start();
  process.kill(await readPid(), 'SIGKILL');
  const next = await start();
  await query(next, 'SELECT');
  await killed.stop();
  await query(next, 'SELECT');
});

it('starts although another program got the process number of a killed server', async () => {
  const killed = await start({ ephemeral: false });
  const folder = join(dataDir, 'postgres');
  const pidFile = await readFile(join(folder, 'postmaster.pid'), 'utf8');
  await killed.stop();
  const { uid, gid } = await stat(folder);
  const sleeper = spawn('sleep', ['60'], { uid, gid });
  try {
    await writeFile(join(folder, 'postmaster.pid'), pidFile.replace(/^\d+/, String(sleeper.pid)), {
      mode: 0o644,
    });
    const server = await start({ ephemeral: false });
    await query(server, 'SELECT');
  } finally {
    sleeper.kill();
  }
});

it('refuses the data of another major version', async () => {
  await mkdir(join(dataDir, 'postgres'));
  await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '15\n');
  await expect(start({ ephemeral: false })).rejects.toThrow(
    /^\S.*postgres was made by Postgres 15, and .* brings Postgres 18: /,
  );
});

it("says why the server does not start, in the server's own words", async () => {
  const error: unknown = await start({ settings: { shared_buffers: 'plenty' } }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(EmbeddedPostgresError);
  expect((error as Error).message).toMatch(
    /^Postgres does not start in .*FATAL: {2}invalid value .*"plenty"/s,
  );
});

it('removes an ephemeral server, and nothing else', async () => {
  const server = await start();
  await server.stop();
  await expect(stat(dataDir)).rejects.toThrow('ENOENT');

  await mkdir(dataDir);
  await writeFile(join(dataDir, 'mine'), '');
  await (await start()).stop();
  expect(await readdir(dataDir)).toEqual(['mine']);
});
