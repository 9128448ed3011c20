import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { applyMigrations } from '../../src/schema/apply-migrations.js';
import { dataSourceOptions } from '../../src/schema/data-source-options.js';
import { migrations } from '../../src/schema/migrations.js';
import { eventually } from '../support/eventually.js';
import { nextMigrations } from '../support/next-migrations.js';
import { FIRST_RELEASE, recordMigrations } from '../support/recorded-migrations.js';
import { TestDatabase } from '../support/test-database.js';

let database: TestDatabase;

/** Statements on an existing table during which requests wait for as long as the table is large. */
const blocking: readonly [pattern: RegExp, because: string][] = [
  [/\b(CREATE (UNIQUE )?|DROP |RE)INDEX (?!CONCURRENTLY)/i, 'locks the table for all writes: CONCURRENTLY'],
  [/\bADD CONSTRAINT\b.*\b(FOREIGN KEY|CHECK)\b(?!.*\bNOT VALID\b)/i, 'reads the table: NOT VALID first'],
  [
    /\bADD (CONSTRAINT "?\w+"? )?(UNIQUE|PRIMARY KEY|EXCLUDE)(?! USING INDEX)/i,
    'builds an index: USING INDEX',
  ],
  [/\bSET NOT NULL\b/i, 'reads the table, unless a valid check says the same'],
  [
    /\bADD (COLUMN )?"\w+" .*(\b(small|big)?serial\b|\bGENERATED\b|\bDEFAULT (\w+_uuid|random|clock_timestamp|nextval|uuid\w+)\()/i,
    'writes each row anew',
  ],
  [/\bALTER (COLUMN )?"?\w+"? (SET DATA )?TYPE\b/i, 'may write each row anew'],
  [/\b(VACUUM FULL|CLUSTER|TRUNCATE|LOCK TABLE|REFRESH MATERIALIZED)\b/i, 'locks the table'],
  [/^\s*(UPDATE|DELETE)\b(?!.*\bLIMIT\b)/i, 'locks all rows until it ends: batches'],
];
/** What may stand outside of a transaction: what blocks nobody while it waits, and can be done again. */
const concurrent =
  /^\s*((CREATE (UNIQUE )?|DROP |RE)INDEX CONCURRENTLY (IF EXISTS )?|ALTER TABLE "\w+" VALIDATE CONSTRAINT |(UPDATE|DELETE)\b.*\bLIMIT\b)/i;

/** What a migration does that requests would feel, or that cannot be done again after an interruption. */
function faultsOf({
  isTransaction,
  statements,
}: {
  isTransaction: boolean;
  statements: readonly string[];
}): string[] {
  const lines = statements.map((sql) => sql.replace(/\s+/g, ' '));
  const found = lines.flatMap((sql) =>
    blocking.filter(([pattern]) => pattern.test(sql)).map(([, because]) => because),
  );
  if (isTransaction) {
    const locked = lines.flatMap((sql) => [
      ...[...sql.matchAll(/\bALTER TABLE (?:ONLY )?"(\w+)"/gi)].map(([, table]) => table),
      ...[...sql.matchAll(/\bREFERENCES "(\w+)"/gi)].map(([, table]) => table),
    ]);
    if (new Set(locked).size > 1)
      found.push('holds the lock of one table while it waits for that of another');
    return found;
  }
  if (lines.some((sql) => !concurrent.test(sql))) found.push('waits for a lock outside of a transaction');
  for (const [, index] of lines.join(';').matchAll(/\bCREATE (?:UNIQUE )?INDEX CONCURRENTLY "(\w+)"/gi))
    if (!lines.some((sql) => sql.includes(`DROP INDEX CONCURRENTLY IF EXISTS "${index}"`)))
      found.push('cannot be applied again after an interruption, which leaves an invalid index');
  return found;
}

const inTransaction = (...statements: string[]) => faultsOf({ isTransaction: true, statements });
const outside = (...statements: string[]) => faultsOf({ isTransaction: false, statements });

describe('a migration', () => {
  it('does nothing that requests feel for as long as a table is large', async () => {
    database = await TestDatabase.create('template0');
    const recorded = await recordMigrations(database.connection);
    await database.drop();
    const offenders = recorded.filter((one) => faultsOf(one).length > 0).map(({ name }) => name);
    // The rule finds what was done while it did not have to hold.
    expect(offenders).toEqual(
      expect.arrayContaining(['IndexUserLists1795346000063', 'IndexPendingDeliveries1795710000000']),
    );
    expect(offenders.filter((name) => Number(name.slice(-13)) > FIRST_RELEASE)).toEqual([]);
  });

  it.each([
    ['an index', 'CREATE INDEX "x" ON "auth_users" ("full_name")'],
    ['a unique index', 'CREATE UNIQUE INDEX "x" ON "auth_users" ("full_name")'],
    ['the end of an index', 'DROP INDEX "auth_users_created_at_idx"'],
    [
      'a foreign key',
      'ALTER TABLE "auth_users" ADD CONSTRAINT "x" FOREIGN KEY ("a") REFERENCES "auth_users"("id")',
    ],
    ['a check', 'ALTER TABLE "auth_users" ADD CONSTRAINT "x" CHECK ("full_name" <> \'\')'],
    ['a unique constraint', 'ALTER TABLE "auth_users" ADD CONSTRAINT "x" UNIQUE ("full_name")'],
    ['NOT NULL', 'ALTER TABLE "auth_users" ALTER COLUMN "full_name" SET NOT NULL'],
    ['a number for each row', 'ALTER TABLE "auth_users" ADD "number" bigserial'],
    ['an id for each row', 'ALTER TABLE "auth_users" ADD "other" uuid NOT NULL DEFAULT gen_random_uuid()'],
    ['a stored column', 'ALTER TABLE "auth_users" ADD "x" text GENERATED ALWAYS AS (lower(username)) STORED'],
    ['an update of all rows', 'UPDATE "auth_users"\n SET "full_name" = NULL'],
    ['a lock', 'LOCK TABLE "auth_users" IN SHARE MODE'],
  ])('is found to block by %s', (_, sql) => {
    expect(inTransaction(sql)).not.toEqual([]);
  });

  it('is found to block by locks of two tables, by locks that have no limit, and by what cannot be repeated', () => {
    expect(
      inTransaction('ALTER TABLE "auth_users" ADD "a" text', 'ALTER TABLE "auth_sessions" ADD "a" text'),
    ).toHaveLength(1);
    expect(outside('ALTER TABLE "auth_users" ADD "a" text')).toHaveLength(1);
    expect(outside('CREATE INDEX CONCURRENTLY "x" ON "auth_users" ("full_name")')).toHaveLength(1);
  });

  it('may add columns and constraints that are checked later, and build indexes beside requests', () => {
    expect(
      inTransaction(
        'ALTER TABLE "auth_users" ADD "a" text NOT NULL DEFAULT \'\', ADD "b" timestamptz DEFAULT now()',
        'ALTER TABLE "auth_users" ADD CONSTRAINT "x" FOREIGN KEY ("a") REFERENCES "auth_users"("id") NOT VALID',
      ),
    ).toEqual([]);
    expect(
      outside(
        'DROP INDEX CONCURRENTLY IF EXISTS "x"',
        'CREATE INDEX CONCURRENTLY "x" ON "auth_users" ("full_name")',
        'ALTER TABLE "auth_users" VALIDATE CONSTRAINT "y"',
        'UPDATE "auth_users" SET "a" = 1 WHERE id IN (SELECT id FROM "auth_users" WHERE "a" IS NULL LIMIT 1000)',
      ),
    ).toEqual([]);
  });
});

describe('a migration of a table that somebody else has locked', () => {
  class AddCity9000000000000 implements MigrationInterface {
    name = 'AddCity9000000000000';
    async up(runner: QueryRunner) {
      await runner.query('CREATE TABLE "auth_cities" ("id" uuid)');
      await runner.query('ALTER TABLE "auth_users" ADD "city" text');
    }
    async down() {}
  }
  let other: pg.Client;
  beforeEach(async () => {
    database = await TestDatabase.create();
    other = new pg.Client({ ...database.connection, user: database.connection.username });
    await other.connect();
    // As pg_dump does it.
    await other.query('BEGIN; LOCK TABLE auth_users IN ACCESS SHARE MODE');
  });
  afterEach(async () => {
    await other.end();
    await database.drop();
  });

  it('delays no request until the limit of its own locks, and is applied when the table is free', async () => {
    const said: string[] = [];
    const options = {
      ...dataSourceOptions(database.connection),
      migrations: [...migrations, AddCity9000000000000],
    };
    const applying = applyMigrations(new DataSource(options), { notice: (line) => void said.push(line) });
    // As a request of the service: its session has the limits of dataSourceOptions, 2 s for a lock.
    const db = await new DataSource(dataSourceOptions(database.connection)).initialize();
    let count = 0;
    await eventually(async () => {
      await db.query('SELECT count(*) FROM auth_users');
      count += 1;
      expect(said).toEqual(['AddCity9000000000000 waits, because others have locked its tables']);
    }, 10_000);
    expect(count).toBeGreaterThan(1);
    // Nothing of the attempt remains.
    expect(await db.query(`SELECT to_regclass('auth_cities') AS made`)).toEqual([{ made: null }]);
    await other.query('COMMIT');
    expect(await applying).toEqual(['AddCity9000000000000']);
    expect(await db.query(`SELECT city FROM auth_users`)).toEqual([]);
    await db.destroy();
  });
});

describe('a migration outside of a transaction', () => {
  it('can build an index concurrently, for which it would have to wait if a snapshot were held', async () => {
    database = await TestDatabase.create();
    const options = {
      ...dataSourceOptions(database.connection),
      migrations: [...migrations, ...nextMigrations],
    };
    expect(await applyMigrations(new DataSource(options))).toEqual([
      ...['AddCity9000000000001', 'FillCity9000000000002', 'CreateVisits9000000000003'],
    ]);
    expect(
      await database.query(
        `SELECT indisvalid FROM pg_index WHERE indexrelid = 'auth_sessions_city_idx'::regclass`,
      ),
    ).toEqual([{ indisvalid: true }]);
    await database.drop();
  });
});
