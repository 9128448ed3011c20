import { DataSource } from 'typeorm';
import { applyMigrations } from '../src/schema/apply-migrations.js';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import { migrations } from '../src/schema/migrations.js';
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

/** All that tables are made of, in every schema, as Postgres tells it. */
const describeSchema = () =>
  database.query(
    `WITH ours AS (
       SELECT oid FROM pg_namespace WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'
     )
     SELECT 'schema' AS kind, oid::regnamespace::text AS name, '' AS is FROM ours
      UNION ALL
     SELECT 'relation', c.oid::regclass::text, format('%s %s', relkind, reloptions)
       FROM pg_class c JOIN ours ON ours.oid = relnamespace
      UNION ALL
     SELECT 'column', format('%s.%s', attrelid::regclass, attname),
            format('%s, not null: %s, default: %s', format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
       FROM pg_attribute
       JOIN pg_class c ON c.oid = attrelid AND relkind IN ('r', 'p', 'v') JOIN ours ON ours.oid = relnamespace
       LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE attnum > 0 AND NOT attisdropped
      UNION ALL
     SELECT 'constraint', format('%s on %s', conname, conrelid::regclass), pg_get_constraintdef(c.oid)
       FROM pg_constraint c JOIN ours ON ours.oid = connamespace
      UNION ALL
     SELECT 'index', indexrelid::regclass::text, pg_get_indexdef(indexrelid)
       FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN ours ON ours.oid = relnamespace
      UNION ALL
     SELECT 'function', p.oid::regprocedure::text, pg_get_functiondef(p.oid)
       FROM pg_proc p JOIN ours ON ours.oid = pronamespace WHERE prokind = 'f'
        -- An extension stays when its migration is reverted: others may use it by then.
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
      UNION ALL
     SELECT 'trigger', format('%s on %s', tgname, tgrelid::regclass), pg_get_triggerdef(t.oid)
       FROM pg_trigger t WHERE NOT tgisinternal
      UNION ALL
     SELECT 'enum', enumtypid::regtype::text, string_agg(enumlabel, ', ' ORDER BY enumsortorder)
       FROM pg_enum JOIN pg_type t ON t.oid = enumtypid JOIN ours ON ours.oid = typnamespace GROUP BY enumtypid
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
    ['a username in other case', `'ADA', 'other@example.com', 'user'`, 'auth_users_username_key'],
    ['an address in other case', `'other', 'ADA@example.com', 'user'`, 'auth_users_email_key'],
    ['a role that there is not', `'other', 'other@example.com', 'root'`, 'auth_users_role_check'],
  ])('refuse %s, whoever writes them', async (_, values, constraint) => {
    await applyMigrations(db);
    const insert = (row: string) =>
      database.query(`INSERT INTO auth_users (id, username, email, role) VALUES (gen_random_uuid(), ${row})`);
    await insert(`'ada', 'ada@example.com', 'admin'`);
    await expect(insert(values)).rejects.toMatchObject({ constraint });
  });
});
