import { execFile, type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './free-port.js';
import type { Connection } from './test-database.js';

const run = promisify(execFile);
const BINARIES = '/usr/lib/postgresql';

/** Postgres, PgBouncer and HAProxy, as Debian packages them; as the user postgres, because both refuse root. */
export class DebianPostgres {
  private constructor(
    private readonly dir: string,
    private readonly process: ChildProcess,
    readonly connection: Connection,
  ) {}

  static async start(settings: Record<string, string> = {}): Promise<DebianPostgres> {
    const dir = await folder();
    const program = await programs();
    await writeFile(join(dir, 'password'), 'secret', { mode: 0o644 });
    const user = await postgresUser();
    const access = ['--username=postgres', `--pwfile=${join(dir, 'password')}`, '--auth=scram-sha-256'];
    await run(
      program('initdb'),
      ['-D', join(dir, 'data'), ...access, '--encoding=UTF8', '--locale=C', '--no-sync'],
      user,
    );
    return DebianPostgres.launch(dir, settings);
  }

  /**
   * A replica that follows this server.
   *
   * @param through - The way that it takes, which can be cut.
   */
  async startReplica(through: { host: string; port: number }): Promise<DebianPostgres> {
    const dir = await folder();
    const { host, port } = through;
    await run(
      (await programs())('pg_basebackup'),
      ['-D', join(dir, 'data'), '-R', '-X', 'stream', '-c', 'fast', '--no-sync'].concat(
        ...['-d', `host=${host} port=${port} user=postgres password=secret`],
      ),
      await postgresUser(),
    );
    return DebianPostgres.launch(dir, {});
  }

  private static async launch(dir: string, settings: Record<string, string>): Promise<DebianPostgres> {
    const port = await freePort();
    const all = {
      ...{ port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' },
      ...{ max_wal_senders: '4', wal_retrieve_retry_interval: '100ms', ...settings },
    };
    const args = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = spawn((await programs())('postgres'), ['-D', join(dir, 'data'), ...args], {
      ...(await postgresUser()),
      stdio: 'ignore',
    });
    const connection = {
      host: '127.0.0.1',
      port,
      username: 'postgres',
      password: 'secret',
      database: 'postgres',
    };
    await untilUp(connection);
    return new DebianPostgres(dir, server, connection);
  }

  async query<T extends object = Record<string, unknown>>(sql: string): Promise<T[]> {
    const client = new pg.Client({ ...this.connection, user: this.connection.username });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<T>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends it as a crash of the machine would. */
  async kill(): Promise<void> {
    await end(this.process, 'SIGKILL');
  }

  async stop(): Promise<void> {
    await end(this.process, 'SIGINT');
    await rm(this.dir, { recursive: true });
  }
}

/** A pooler before a server, with the settings that it is installed with, but soon back after a failed connection. */
export class PgBouncer {
  private constructor(
    private readonly dir: string,
    private readonly process: ChildProcess,
    readonly port: number,
  ) {}

  static async start(
    mode: 'session' | 'transaction',
    { host, port }: Connection,
    users: Record<string, string>,
    probe: Connection,
  ): Promise<PgBouncer> {
    const dir = await folder();
    const listensAt = await freePort();
    const list = Object.entries(users).map(([user, password]) => `"${user}" "${password}"\n`);
    await writeFile(join(dir, 'users'), list.join(''), { mode: 0o644 });
    await writeFile(
      join(dir, 'pgbouncer.ini'),
      `[databases]\n* = host=${host} port=${port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${listensAt}\n` +
        `unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = ${join(dir, 'users')}\npool_mode = ${mode}\nserver_login_retry = 1\n`,
      { mode: 0o644 },
    );
    const pooler = spawn('pgbouncer', [join(dir, 'pgbouncer.ini')], {
      ...(await postgresUser()),
      stdio: 'ignore',
    });
    await untilUp({ ...probe, host: '127.0.0.1', port: listensAt });
    return new PgBouncer(dir, pooler, listensAt);
  }

  async stop(): Promise<void> {
    await end(this.process, 'SIGTERM');
    await rm(this.dir, { recursive: true });
  }
}

/** A proxy that passes connections on to the server that says by HTTP, as Patroni does, that it is the primary. */
export class HaProxy {
  private constructor(
    private readonly dir: string,
    private readonly process: ChildProcess,
    readonly port: number,
  ) {}

  static async start(servers: readonly { port: number; healthPort: number }[]): Promise<HaProxy> {
    const dir = await folder();
    const port = await freePort();
    const list = servers.map(
      (server, i) => `  server s${i} 127.0.0.1:${server.port} check port ${server.healthPort}\n`,
    );
    await writeFile(
      join(dir, 'haproxy.cfg'),
      `defaults\n  mode tcp\n  timeout connect 1s\n  timeout check 5s\n  timeout client 1h\n  timeout server 1h\n` +
        `listen postgres\n  bind 127.0.0.1:${port}\n  option httpchk OPTIONS /primary\n  http-check expect status 200\n` +
        `  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions\n${list.join('')}`,
    );
    const proxy = spawn('haproxy', ['-q', '-f', join(dir, 'haproxy.cfg')], { stdio: 'ignore' });
    return new HaProxy(dir, proxy, port);
  }

  async stop(): Promise<void> {
    await end(this.process, 'SIGKILL');
    await rm(this.dir, { recursive: true });
  }
}

async function programs(): Promise<(name: string) => string> {
  const [version] = (await readdir(BINARIES)).sort();
  return (name) => join(BINARIES, version, 'bin', name);
}

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'astra-debian-'));
  await chmod(dir, 0o755);
  const user = await postgresUser();
  if ('uid' in user) await chown(dir, user.uid, user.gid);
  return dir;
}

async function postgresUser(): Promise<{ cwd: string } | { cwd: string; uid: number; gid: number }> {
  if (process.getuid?.() !== 0) return { cwd: '/' };
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'postgres'])).stdout)),
  );
  return { cwd: '/', uid, gid };
}

async function untilUp({ username, ...connection }: Connection): Promise<void> {
  for (let i = 0; ; i++) {
    const client = new pg.Client({ ...connection, user: username });
    try {
      await client.connect();
      return;
    } catch (error) {
      if (i > 300) throw error;
    } finally {
      await client.end().catch(() => undefined);
    }
    await sleep(100);
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
