import { DataSource, type QueryRunner } from 'typeorm';
import { dataSourceOptions } from '../../src/schema/data-source-options.js';
import { migrations } from '../../src/schema/migrations.js';
import type { Connection } from './test-database.js';

/** Migrations up to here are of before the first release, so there is no version before them that could run on. */
export const FIRST_RELEASE = 1_796_000_000_000;

/** Migration with its statements on tables that existed before it. */
export interface RecordedMigration {
  name: string;
  /** Whether its statements are one transaction. */
  isTransaction: boolean;
  statements: string[];
}

/** Applies each migration to an empty database, and records its statements. */
export async function recordMigrations(connection: Connection): Promise<RecordedMigration[]> {
  const db = await new DataSource(dataSourceOptions(connection)).initialize();
  const runner = db.createQueryRunner();
  const recorded: RecordedMigration[] = [];
  try {
    for (const Migration of migrations) {
      const [run, own] = [runner.query.bind(runner), new Set<string>()];
      const statements: string[] = [];
      const recorder = Object.create(runner, {
        query: {
          value: (sql: string, ...parameters: []) => {
            for (const [, table] of sql.matchAll(/\bCREATE TABLE "(\w+)"/g)) own.add(table);
            const isOwn = [...own].some((table) => sql.includes(`"${table}"`) && !/"auth_users"/.test(sql));
            if (!isOwn) statements.push(sql);
            return run(sql, ...parameters);
          },
        },
      }) as QueryRunner;
      const migration = new Migration();
      await migration.up(recorder);
      const { transaction = true } = migration as { transaction?: boolean };
      recorded.push({ name: migration.name, isTransaction: transaction, statements });
    }
    return recorded;
  } finally {
    await runner.release();
    await db.destroy();
  }
}
