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

/** Postgres, and PgBouncer, as Debian packages them; as the user postgres, because both refuse root. */
export class DebianPostgres {
  private constructor(
    private readonly dir: string,
    private readonly process: ChildProcess,
    readonly connection: Connection,
  ) {}

  static async start(): Promise<DebianPostgres> {
    const dir = await folder();
    const [version] = (await readdir(BINARIES)).sort();
    const program = (name: string) => join(BINARIES, version, 'bin', name);
    await writeFile(join(dir, 'password'), 'secret', { mode: 0o644 });
    const user = await postgresUser();
    const access = ['--username=postgres', `--pwfile=${join(dir, 'password')}`, '--auth=scram-sha-256'];
    await run(
      program('initdb'),
      ['-D', join(dir, 'data'), ...access, '--encoding=UTF8', '--locale=C', '--no-sync'],
      user,
    );
    const port = await freePort();
    const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const server = spawn(program('postgres'), ['-D', join(dir, 'data'), ...args], {
      ...user,
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

  async stop(): Promise<void> {
    await end(this.process, 'SIGINT');
    await rm(this.dir, { recursive: true });
  }
}

/** A pooler before a server, with the settings that it is installed with. */
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
        `unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = ${join(dir, 'users')}\npool_mode = ${mode}\n`,
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
