import { DataSource } from 'typeorm';
import { applyMigrations } from '../src/database/apply-migrations.js';
import { dataSourceOptions } from '../src/database/data-source-options.js';
import { migrations } from '../src/database/migrations.js';
import { TestDatabase } from './support/test-database.js';

let database: TestDatabase;
let db: DataSource;
beforeEach(async () => {
  database = await TestDatabase.create('template0');
  db = new DataSource(dataSourceOptions(database.connection));
});
afterEach(async () => {
  if (db.isInitialized) await db.destroy();
  await database.drop();
});

/** All that tables are made of, as Postgres tells it; of other schemas only that they are there. */
const describeSchema = () =>
  database.query(
    `SELECT 'column' AS kind, format('%s.%s', table_name, column_name) AS name,
            format('%s(%s) nullable: %s default: %s', data_type, character_maximum_length, is_nullable, column_default) AS is
       FROM information_schema.columns WHERE table_schema = 'public'
      UNION ALL
     SELECT 'constraint', format('%s on %s', conname, conrelid::regclass), pg_get_constraintdef(oid)
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace
      UNION ALL
     SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
      UNION ALL
     SELECT 'relation', relname, format('%s %s', relkind, reloptions) FROM pg_class
      WHERE relnamespace = 'public'::regnamespace
      UNION ALL
     SELECT 'function', proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
      UNION ALL
     SELECT 'schema', nspname::text, '' FROM pg_namespace WHERE nspname !~ '^pg_'
      UNION ALL
     SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
      ORDER BY 1, 2, 3`,
  );

describe('migrations', () => {
  it('make the tables that the entities describe', async () => {
    await applyMigrations(db);
    await db.initialize();
    const { upQueries } = await db.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('can each be reverted, to exactly what was before, and applied again, with rows in the tables', async () => {
    await db.initialize();
    const runner = db.createQueryRunner();
    for (const Migration of migrations) {
      const migration = new Migration();
      const before = await describeSchema();
      await migration.up(runner);
      const after = await describeSchema();
      expect({ [migration.name]: after }).not.toEqual({ [migration.name]: before });

      await migration.down(runner);
      expect({ [migration.name]: await describeSchema() }).toEqual({ [migration.name]: before });
      await migration.up(runner);
      expect({ [migration.name]: await describeSchema() }).toEqual({ [migration.name]: after });

      await runner.query(
        `INSERT INTO auth_users (id, username, email)
         VALUES ('0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11', 'ada', 'ada@example.com') ON CONFLICT DO NOTHING`,
      );
    }
    expect(await runner.query('SELECT username, role, is_active FROM auth_users')).toEqual([
      { username: 'ada', role: 'user', is_active: true },
    ]);
    await runner.release();
  });

  it('are applied once, however many processes start at the same moment', async () => {
    const applied = await Promise.all(Array.from({ length: 4 }, () => applyMigrations(db)));
    expect(applied.sort((a, b) => b.length - a.length)).toEqual([
      migrations.map(({ name }) => name),
      [],
      [],
      [],
    ]);
  });
});

describe('the tables', () => {
  it.each([
    ['a username in other case', `'ADA', 'other@example.com', 'user'`, 'users_username_key'],
    ['an address in other case', `'other', 'ADA@example.com', 'user'`, 'users_email_key'],
    ['a role that there is not', `'other', 'other@example.com', 'root'`, 'users_role_check'],
  ])('refuse %s, whoever writes them', async (_, values, constraint) => {
    await applyMigrations(db);
    const insert = (row: string) =>
      database.query(`INSERT INTO auth_users (id, username, email, role) VALUES (gen_random_uuid(), ${row})`);
    await insert(`'ada', 'ada@example.com', 'admin'`);
    await expect(insert(values)).rejects.toMatchObject({ constraint });
  });
});
