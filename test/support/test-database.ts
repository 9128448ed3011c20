import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { applyMigrations } from '../../src/database/apply-migrations.js';
import { dataSourceOptions } from '../../src/database/data-source-options.js';

/** Where a database is, and who connects to it. */
export interface Connection {
  host: string;
  port: number;
  username: string;
  password?: string;
  database: string;
}

const TEMPLATE = 'astra_template_test';

/** Makes the database that all others are copies of. */
export async function migratedTemplate(owner: Connection): Promise<void> {
  await asOwner(owner, `DROP DATABASE IF EXISTS ${TEMPLATE}`);
  await asOwner(owner, `CREATE DATABASE ${TEMPLATE}`);
  await applyMigrations(new DataSource(dataSourceOptions({ ...owner, database: TEMPLATE })));
}

/** A database of one's own with all tables and no rows. */
export class TestDatabase {
  private constructor(
    private readonly owner: Connection,
    readonly connection: Connection,
  ) {}

  /** @param template - `template0` for one without Astra's tables. */
  static async create(template: string = TEMPLATE): Promise<TestDatabase> {
    const owner = JSON.parse(process.env.ASTRA_TEST_SERVER ?? '') as Connection;
    const database = `astra_${randomBytes(6).toString('hex')}_test`;
    await asOwner(owner, `CREATE DATABASE ${database} TEMPLATE ${template} STRATEGY FILE_COPY`);
    return new TestDatabase(owner, { ...owner, database });
  }

  /** Runs SQL on a connection of its own. */
  async query<T extends object = Record<string, unknown>>(
    sql: string,
    parameters: unknown[] = [],
  ): Promise<T[]> {
    const client = new pg.Client({ ...this.connection, user: this.connection.username });
    await client.connect();
    try {
      return (await client.query<T>(sql, parameters)).rows;
    } finally {
      await client.end();
    }
  }

  async drop(): Promise<void> {
    await asOwner(this.owner, `DROP DATABASE ${this.connection.database} WITH (FORCE)`);
  }
}

async function asOwner(owner: Connection, sql: string): Promise<void> {
  // What a test run drops must be its own: the name is the last defence against a mistaken connection.
  if (!/_test\b/.test(sql)) throw new Error('Tests touch only databases whose name ends in _test');
  const client = new pg.Client({ ...owner, user: owner.username });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
