import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';
import { dataSourceOptions } from '../schema/data-source-options.js';
import { EmbeddedPostgres } from '../database/embedded-postgres.js';
import { errorText } from '../problem/error-text.js';
import { runSql, TestClock } from './test-clock.js';
import { TestMailbox } from './test-mailbox.js';

/** What a host's tests are to have. */
export interface TestKitOptions {
  /**
   * URL of a Postgres server whose user may make databases; the database that it names is only connected to. Default
   * the embedded server, for which the package `embedded-postgres` is installed.
   */
  postgres?: string;
  /**
   * The options of the host's DataSource, the same that the application starts with. The tables are made by its
   * migrations and counted in its table of migrations, in its schema; where it connects to does not matter. Default
   * those of `astraDataSource`.
   */
  dataSource?: DataSourceOptions;
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
   * @throws {Error} naming the option that is wrong: if the server cannot be reached or makes no databases, if there is
   * no embedded server, or if a migration fails.
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
        explain('The test kit cannot make a database on the server of its option postgres'),
      );
      const url = new URL(server);
      url.pathname = name;
      const clock = await TestClock.setUp(url.href);
      await migrate(url.href, dataSource ?? dataSourceOptions({ url: url.href })).catch(
        explain('The migrations of the option dataSource fail in the test kit'),
      );
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
  return EmbeddedPostgres.start({
    dataDir: await mkdtemp(join(tmpdir(), 'astra-test-')),
    ephemeral: true,
    instead: 'give the test kit the option postgres, the URL of a server',
  });
}

/** Of the host's options all count but where they lead, and what else than migrations makes or empties tables. */
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

/** Says first what was attempted, by the names of the kit's options. */
function explain(what: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`${what}: ${errorText(error)}`, { cause: error });
  };
}
