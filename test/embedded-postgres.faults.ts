import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import {
  EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from '../src/database/embedded/embedded-postgres.js';
import { EmbeddedPostgresError } from '../src/database/embedded/embedded-errors.js';

const isRoot = process.getuid?.() === 0;

/** Closed to other users, as mkdtemp makes it, and with a name that needs quoting. */
const makeFolder = () => mkdtemp(join(tmpdir(), "astra's postgres "));

let started: EmbeddedPostgres[] = [];

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const server = await EmbeddedPostgres.start(options);
  started.push(server);
  return server;
}

async function stopAll(): Promise<void> {
  const servers = started;
  started = [];
  await Promise.all(servers.map((server) => server.stop()));
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

const expectRunning = (server: EmbeddedPostgres) => expect(query(server, 'SELECT')).resolves.toHaveLength(1);
const expectGone = (server: EmbeddedPostgres) =>
  expect(query(server, 'SELECT')).rejects.toThrow('ECONNREFUSED');

/** Ends the connections by which its users hold the server, as when their processes are killed. */
const killUsers = (server: EmbeddedPostgres) =>
  query(server, `SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'`);

/** Whether every user can enter a folder. */
async function isOpen(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  return (mode & 0o001) !== 0 && (folder === dirname(folder) || (await isOpen(dirname(folder))));
}

async function failureOf(attempt: Promise<EmbeddedPostgres>): Promise<EmbeddedPostgresError> {
  const outcome = await attempt.catch((error: unknown) => error);
  if (outcome instanceof EmbeddedPostgresError) return outcome;
  throw new Error('It did not fail as it should', { cause: outcome });
}

describe('with lasting data', () => {
  let dataDir: string;
  let cluster: string;
  let pidFile: string;
  beforeAll(async () => {
    dataDir = await makeFolder();
    cluster = join(dataDir, 'postgres');
    pidFile = join(cluster, 'postmaster.pid');
  });
  afterEach(stopAll);
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('keeps data and password over a restart', async () => {
    const before = await start({ dataDir });
    await query(before, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await before.stop();
    await expectGone(before);

    const after = await start({ dataDir });
    expect(await query(after, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(after.password).toBe(before.password);
  });

  it('lets nobody else read the password and the data', async () => {
    const [password, data] = [await stat(join(dataDir, 'postgres-password')), await stat(cluster)];
    expect([password.mode & 0o777, data.mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it('is crash-safe, folds the case of all letters, and listens on this machine only', async () => {
    const server = await start({ dataDir });
    const sql = `SELECT lower('ÅSTRÖM ΣΑΣ'), current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
      current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets`;
    expect(await query(server, sql)).toEqual([
      { lower: 'åström σασ', encoding: 'UTF8', fsync: 'on', addresses: '127.0.0.1', sockets: '' },
    ]);
  });

  it('takes settings literally', async () => {
    const cluster_name = `o'clock "$HOME" \\`;
    const server = await start({ dataDir, settings: { cluster_name } });
    expect(await query(server, 'SHOW cluster_name')).toEqual([{ cluster_name }]);
  });

  it('makes a database once, also if two ask at the same moment', async () => {
    const [one, two] = [await start({ dataDir }), await start({ dataDir })];
    await Promise.all([
      one.createDatabaseIfMissing('an "odd" name'),
      two.createDatabaseIfMissing('an "odd" name'),
    ]);
    await one.createDatabaseIfMissing('an "odd" name');
    expect(await query(one, `SELECT FROM pg_database WHERE datname = 'an "odd" name'`)).toHaveLength(1);
  });

  it('joins a running server, which the last one to stop shuts down', async () => {
    const [first, second] = [await start({ dataDir }), await start({ dataDir })];
    expect(second.url).toBe(first.url);

    await first.stop();
    await first.stop();
    await expectRunning(second);
    await second.stop();
    await expectGone(second);
  });

  it('shuts the server down when all its users stop at once', async () => {
    const servers = await Promise.all([start({ dataDir }), start({ dataDir }), start({ dataDir })]);
    await Promise.all(servers.map((server) => server.stop()));
    await expectGone(servers[0]);
  });

  it('joins the server that a killed process left, and shuts it down', async () => {
    const left = await start({ dataDir });
    await killUsers(left);
    const next = await start({ dataDir });
    expect(next.url).toBe(left.url);
    await next.stop();
    await expectGone(next);
  });

  it('shuts the server down also after its connection broke', async () => {
    const server = await start({ dataDir });
    await killUsers(server);
    await server.stop();
    await expectGone(server);
  });

  it('waits for what is left of a killed server, and starts a new one', async () => {
    const killed = await start({ dataDir });
    const client = new pg.Client(killed.url);
    await client.connect();
    client.on('error', () => undefined);
    const sql = `DO $$ BEGIN RAISE NOTICE 'at work'; PERFORM count(*) FROM generate_series(1, 4000000); END $$`;
    const work = client.query(sql);
    await once(client, 'notice');
    process.kill(Number.parseInt(await readFile(pidFile, 'utf8'), 10), 'SIGKILL');
    const next = await start({ dataDir });
    await work;
    await client.end();
    await killed.stop();
    await expectRunning(next);
  });

  it('starts although the process number of a killed server went to another program', async () => {
    const killed = await start({ dataDir });
    const left = await readFile(pidFile, 'utf8');
    await killed.stop();
    const { uid, gid } = await stat(cluster);
    const sleeper = spawn('sleep', ['60'], { uid, gid });
    try {
      await writeFile(pidFile, left.replace(/^\d+/, String(sleeper.pid)), { mode: 0o644 });
      await expectRunning(await start({ dataDir }));
    } finally {
      sleeper.kill();
    }
  });

  it('starts although the process number of a killed server went to nobody', async () => {
    const killed = await start({ dataDir });
    const left = await readFile(pidFile, 'utf8');
    await killed.stop();
    await writeFile(pidFile, left, { mode: 0o644 });
    await expectRunning(await start({ dataDir }));
  });

  it('says in the words of the server why it does not start', async () => {
    const error = await failureOf(start({ dataDir, settings: { shared_buffers: 'plenty' } }));
    expect(error.message).toMatch(/^Postgres could not start in .*: .*FATAL: {2}invalid value .*"plenty"/s);
  });

  it('leaves no server running whose password is lost', async () => {
    const passwordFile = join(dataDir, 'postgres-password');
    const password = await readFile(passwordFile, 'utf8');
    await writeFile(passwordFile, 'another');
    const error = await failureOf(start({ dataDir }));
    await writeFile(passwordFile, password);
    expect(error.message).toMatch(/password authentication failed .*: restore .*postgres-password\.$/);
    await expect(stat(pidFile)).rejects.toThrow('ENOENT');
  });

  it('refuses the data of another major version', async () => {
    const other = join(dataDir, 'other');
    await mkdir(join(other, 'postgres'), { recursive: true });
    await writeFile(join(other, 'postgres', 'PG_VERSION'), '15\n');
    const error = await failureOf(start({ dataDir: other }));
    expect(error.message).toMatch(
      /postgres was created by Postgres 15, but embedded-postgres contains Postgres 18: .*$/,
    );
  });
});

describe('when ephemeral', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await makeFolder();
  });
  afterEach(async () => {
    await stopAll();
    await rm(dataDir, { recursive: true, force: true });
  });

  it.each([
    ['closed to others', 0o700],
    ['open to all', 0o755],
  ])('runs in a folder %s, as an ordinary user with no right it can do without', async (_, mode) => {
    await chmod(dataDir, mode);
    const server = await start({ dataDir, ephemeral: true });
    await server.createDatabaseIfMissing('astra');

    const pid = Number.parseInt(
      await readFile(join(dataDir, 'postgres-ephemeral', 'postmaster.pid'), 'utf8'),
      10,
    );
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const { uid } = await stat(join(dataDir, 'postgres-ephemeral'));
    expect(uid).not.toBe(0);
    expect(status).toMatch(new RegExp(`^Uid:(\\s+${uid}){4}$`, 'm'));
    // Bit 2 is CAP_DAC_READ_SEARCH. The programs may be closed to others too, if this project is.
    const lends = isRoot && !((await isOpen(dataDir)) && (await isOpen(import.meta.dirname)));
    expect(status).toMatch(new RegExp(`^CapEff:\\s+0{15}${lends ? 4 : 0}$`, 'm'));
  });

  it('makes one server when several start at once, and leaves nothing when they stop', async () => {
    const options = { dataDir, ephemeral: true };
    const servers = await Promise.all([start(options), start(options), start(options)]);
    expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
    expect((await readdir(dataDir)).sort()).toEqual(['postgres-ephemeral', 'postgres-ephemeral-password']);

    await Promise.all(servers.map((server) => server.stop()));
    await expect(stat(dataDir)).rejects.toThrow('ENOENT');
  });

  it('removes what a start that was killed or failed has left, and nothing else', async () => {
    const longAgo = new Date('2026-01-01');
    for (const name of ['mine', 'postgres.new-killed', 'postgres.new-at-work'])
      await mkdir(join(dataDir, name));
    for (const name of ['mine', 'postgres.new-killed']) await utimes(join(dataDir, name), longAgo, longAgo);
    await expect(start({ dataDir, ephemeral: true, settings: { nonsense: '1' } })).rejects.toThrow(
      'nonsense',
    );
    expect((await readdir(dataDir)).sort()).toEqual(['mine', 'postgres.new-at-work']);
  });
});
