import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { dataSourceOptions } from '../schema/data-source-options.js';
import { EmbeddedPostgres } from '../database/embedded/embedded-postgres.js';
import { errorText } from '../http/problem/error-text.js';
import { runSql, TestClock } from './test-clock.js';
import { TestMailbox } from './test-mailbox.js';

/** Options of the test kit. */
export interface TestKitOptions {
  /**
   * URL of a Postgres server whose user may create databases; the database in the URL is only used to
   * connect. Default an embedded server, which requires the package `embedded-postgres`.
   */
  postgres?: string;
  /**
   * Options of the host's DataSource, the same as in the application. Its migrations create the tables, and
   * are recorded in its migrations table and schema; its connection settings are ignored. Default those of
   * `astraDataSource`.
   */
  dataSource?: DataSourceOptions;
}

/**
 * Test environment for an application with Astra: a separate database with all tables and no rows, a mailbox
 * instead of a mail server, and an adjustable clock. Start it in `beforeAll`, build the application on it,
 * and stop it in `afterAll`, after the application.
 */
export class AstraTestKit {
  private constructor(
    /** URL of the database, for the host's DataSource. {@link stop} drops it. */
    readonly databaseUrl: string,
    /** Mailer for the option `mail.mailer`. */
    readonly mailbox: TestMailbox,
    /** Clock to test expiry. */
    readonly clock: TestClock,
    private readonly release: () => Promise<void>,
  ) {}

  /**
   * Creates the database, and applies the migrations.
   *
   * @throws {Error} if the server cannot be reached or does not allow creating databases, if there is no
   * embedded server, or if a migration fails; the message names the option.
   */
  static async start({ postgres, dataSource }: TestKitOptions = {}): Promise<AstraTestKit> {
    if (postgres !== undefined && !/^postgres(ql)?:\/\/[^/]/.test(postgres))
      throw new Error(
        'The option postgres of the test kit must be a URL: postgres://user:password@host:5432/postgres',
      );
    if (dataSource && dataSource.type !== 'postgres')
      throw new Error(
        `The option dataSource of the test kit must be of the type postgres, not ${dataSource.type}`,
      );
    const embedded = postgres === undefined ? await startEmbedded() : undefined;
    const server = postgres ?? embedded?.url ?? '';
    const name = `astra_${randomBytes(6).toString('hex')}_test`;
    const release = async () => {
      await runSql(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await embedded?.stop();
    };
    try {
      await runSql(server, `CREATE DATABASE ${name} TEMPLATE template0`).catch(
        explain('The test kit could not create a database on the server of its option postgres'),
      );
      const url = new URL(server);
      url.pathname = name;
      const clock = await TestClock.setUp(url.href);
      await migrate(url.href, dataSource ?? dataSourceOptions({ url: url.href })).catch(
        explain('The migrations of the option dataSource failed in the test kit'),
      );
      return new AstraTestKit(url.href, new TestMailbox(), clock, release);
    } catch (error) {
      // The first error explains the problem with the server; a second one would hide it.
      await release().catch(() => embedded?.stop());
      throw error;
    }
  }

  /** Resets the clock, drops the database, and stops the embedded server if it is used. */
  async stop(): Promise<void> {
    await this.clock.reset();
    await this.release();
  }
}

async function startEmbedded(): Promise<EmbeddedPostgres> {
  return EmbeddedPostgres.start({
    dataDir: await mkdtemp(join(tmpdir(), 'astra-test-')),
    ephemeral: true,
    instead: 'set the option postgres of the test kit to the URL of a server',
  });
}

/**
 * Uses the host's options except for the connection, and for settings that create or empty tables without
 * migrations.
 */
async function migrate(url: string, options: DataSourceOptions): Promise<void> {
  const { schema } = options as PostgresDataSourceOptions;
  if (schema && schema !== 'public') await runSql(url, `CREATE SCHEMA ${pg.escapeIdentifier(schema)}`);
  const db = new DataSource({
    ...(options as PostgresDataSourceOptions),
    ...{ host: undefined, port: undefined, username: undefined, password: undefined, database: undefined },
    ...{ ssl: undefined, replication: undefined, url },
    ...{ synchronize: false, dropSchema: false, migrationsRun: false },
  });
  await db.initialize();
  try {
    await db.runMigrations({ transaction: options.migrationsTransactionMode ?? 'each' });
  } finally {
    await db.destroy();
  }
}

/** Prefixes an error with the attempted action, in terms of the kit's options. */
function explain(what: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`${what}: ${errorText(error)}`, { cause: error });
  };
}
