import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { applyMigrations } from '../../src/schema/apply-migrations.js';
import { dataSourceOptions } from '../../src/schema/data-source-options.js';
import { type ServiceRole, setUpServiceRole } from '../../src/service/service-role.js';

/** Where a database is, and who connects to it. */
export interface Connection {
  host: string;
  port: number;
  username: string;
  password?: string;
  database: string;
}

/** What the global setup tells the workers: who makes and drops databases, what they are copies of, who the service is. */
export interface TestServer {
  owner: Connection;
  template: string;
  serviceRole: ServiceRole;
}

/** Makes a migrated database that all others of this run are copies of; two runs on one server do not meet. */
export async function createTemplate(owner: Connection): Promise<TestServer> {
  const run = `astra_${randomBytes(6).toString('hex')}`;
  const template = `${run}_template_test`;
  const serviceRole = { username: `${run}_service_test`, password: randomBytes(12).toString('hex') };
  await asOwner(owner, `CREATE DATABASE ${template}`);
  await applyMigrations(new DataSource(dataSourceOptions({ ...owner, database: template })), {
    after: (tx) => setUpServiceRole(tx, serviceRole),
  });
  return { owner, template, serviceRole };
}

/** Drops it, and what {@link TestDatabase.copyOf} has made beside it. */
export async function dropTemplate({ owner, template, serviceRole }: TestServer): Promise<void> {
  const all = await connected(owner, (client) =>
    client.query<{ name: string }>('SELECT datname AS name FROM pg_database WHERE datname ^@ $1', [template]),
  );
  for (const { name } of all.rows) await dropDatabase(owner, name);
  await asOwner(owner, `DROP ROLE ${serviceRole.username}`);
}

async function dropDatabase(owner: Connection, database: string): Promise<void> {
  await asOwner(owner, `DROP DATABASE ${database} WITH (FORCE)`);
}

/** A database of one's own with all tables and no rows. */
export class TestDatabase {
  private constructor(
    private readonly owner: Connection,
    readonly connection: Connection,
    /** As the service connects, which owns nothing here. */
    readonly serviceConnection: Connection,
    /** To be dropped with it. */
    private readonly role?: string,
  ) {}

  /** @param template - `template0` for one without Astra's tables. */
  static async create(template?: string): Promise<TestDatabase> {
    const { owner, template: migrated, serviceRole } = testServer();
    const database = `astra_${randomBytes(6).toString('hex')}_test`;
    await asOwner(owner, `CREATE DATABASE ${database} TEMPLATE ${template ?? migrated} STRATEGY FILE_COPY`);
    return new TestDatabase(owner, { ...owner, database }, { ...owner, ...serviceRole, database });
  }

  /**
   * A copy of a database that is prepared once in a run, by the first that asks for one of this name.
   *
   * @param prepare - Fills a database without Astra's tables, and leaves no connection to it.
   */
  static async copyOf(name: string, prepare: (empty: TestDatabase) => Promise<void>): Promise<TestDatabase> {
    const { owner, template } = testServer();
    const prepared = `${template}_${name}_test`;
    await connected(owner, async (client) => {
      await client.query('SELECT pg_advisory_lock(hashtext($1))', [prepared]);
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [prepared]);
      if (rowCount) return;
      const empty = await TestDatabase.create('template0');
      await prepare(empty);
      await client.query(`ALTER DATABASE ${empty.connection.database} RENAME TO ${prepared}`);
    });
    return TestDatabase.create(prepared);
  }

  /**
   * With all tables and no rows, and another locale than the server's. It is no copy of the template, and so has a
   * service role of its own.
   *
   * @param locale - As `CREATE DATABASE` has it: `LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'`.
   */
  static async createIn(locale: string): Promise<TestDatabase> {
    const { owner, connection } = await TestDatabase.create(`template0 ${locale}`);
    const serviceRole = {
      username: connection.database.replace(/_test$/, '_service_test'),
      password: randomBytes(12).toString('hex'),
    };
    await applyMigrations(new DataSource(dataSourceOptions(connection)), {
      after: (tx) => setUpServiceRole(tx, serviceRole),
    });
    return new TestDatabase(owner, connection, { ...connection, ...serviceRole }, serviceRole.username);
  }

  /** Runs SQL on a connection of its own. */
  async query<T extends object = Record<string, unknown>>(
    sql: string,
    parameters: unknown[] = [],
  ): Promise<T[]> {
    const { rows } = await connected(this.connection, (client) => client.query<T>(sql, parameters));
    return rows;
  }

  async drop(): Promise<void> {
    await dropDatabase(this.owner, this.connection.database);
    if (this.role) await asOwner(this.owner, `DROP ROLE ${this.role}`);
  }
}

function testServer(): TestServer {
  return JSON.parse(process.env.ASTRA_TEST_SERVER ?? '') as TestServer;
}

/** The server of this run, for those who make their own databases there. */
export function testServerUrl(): string {
  return connectionUrl(testServer().owner);
}

/** As `DATABASE_URL` has it. */
export function connectionUrl({ host, port, username, password = '', database }: Connection): string {
  return `postgres://${username}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}

async function asOwner(owner: Connection, sql: string): Promise<void> {
  // What a test run drops must be its own: the name is the last defence against a mistaken connection.
  if (!/_test\b/.test(sql)) throw new Error('Tests touch only databases whose name ends in _test');
  await connected(owner, (client) => client.query(sql));
}

async function connected<T>(owner: Connection, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...owner, user: owner.username });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
