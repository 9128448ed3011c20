import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { EmbeddedPostgres } from '../database/embedded-postgres.js';
import { migrations as astraMigrations } from '../database/migrations.js';
import { runSql, TestClock } from './test-clock.js';
import { TestMailbox } from './test-mailbox.js';

/** What a host's tests are to have. */
export interface TestKitOptions {
  /**
   * URL of a Postgres server whose user may make databases; the database that it names is only connected to. Default
   * the embedded server, for which the package `embedded-postgres` is installed.
   */
  postgres?: string;
  /** The host's migrations and Astra's, as in its DataSource. Default Astra's. */
  migrations?: DataSourceOptions['migrations'];
  /** As in the host's DataSource. Default TypeORM's, `migrations`. */
  migrationsTableName?: string;
}

/**
 * What the tests of an application with Astra need: a database of their own with all tables and no rows, a mailbox
 * instead of mail, and a clock that can be moved. Start one in a file's `beforeAll`, build the application on it, and
 * stop it in `afterAll`, after the application.
 */
export class AstraTestKit {
  private constructor(
    /** The database, for the host's DataSource. It is dropped by {@link stop}. */
    readonly databaseUrl: string,
    /** For the option `mail.mailer`. */
    readonly mailbox: TestMailbox,
    /** The time, for all that expires. */
    readonly clock: TestClock,
    private readonly release: () => Promise<void>,
  ) {}

  /**
   * Makes the database, and applies the migrations to it.
   *
   * @throws {Error} if the server cannot be reached, if there is none, or if a migration fails.
   */
  static async start({ postgres, ...schema }: TestKitOptions = {}): Promise<AstraTestKit> {
    const embedded = postgres === undefined ? await startEmbedded() : undefined;
    const server = postgres ?? embedded?.url ?? '';
    const name = `astra_${randomBytes(6).toString('hex')}_test`;
    const release = async () => {
      await runSql(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await embedded?.stop();
    };
    try {
      await runSql(server, `CREATE DATABASE ${name} TEMPLATE template0`);
      const url = new URL(server);
      url.pathname = name;
      const clock = await TestClock.setUp(url.href);
      await migrate(url.href, schema);
      return new AstraTestKit(url.href, new TestMailbox(), clock, release);
    } catch (error) {
      // What is wrong with the server is told by the first error, not by the second.
      await release().catch(() => embedded?.stop());
      throw error;
    }
  }

  /** Sets the time right, drops the database, and stops the embedded server if it is used. */
  async stop(): Promise<void> {
    await this.clock.reset();
    await this.release();
  }
}

async function startEmbedded(): Promise<EmbeddedPostgres> {
  return EmbeddedPostgres.start({ dataDir: await mkdtemp(join(tmpdir(), 'astra-test-')), ephemeral: true });
}

async function migrate(
  url: string,
  { migrations = astraMigrations, migrationsTableName }: Omit<TestKitOptions, 'postgres'>,
): Promise<void> {
  const db = new DataSource({
    type: 'postgres',
    url,
    migrations,
    migrationsTableName,
    installExtensions: false,
  });
  await db.initialize();
  try {
    await db.runMigrations({ transaction: 'each' });
  } finally {
    await db.destroy();
  }
}
