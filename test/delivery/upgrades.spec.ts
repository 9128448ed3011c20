import { DataSource, type QueryRunner } from 'typeorm';
import { readEnvironment } from '../../src/env.js';
import { dataSourceOptions } from '../../src/schema/data-source-options.js';
import { migrations } from '../../src/schema/migrations.js';
import { isContracting } from '../../src/schema/newer-migrations.js';
import { openDatabase } from '../../src/service/open-database.js';
import { connectionUrl, TestDatabase } from '../support/test-database.js';
import { SECRET_KEY } from '../support/test-service.js';

/** Migrations up to here are of before the first release, so there is no version before them that could run on. */
const FIRST_RELEASE = 1_796_000_000_000;

let database: TestDatabase;

/** What the version before cannot run on, by the statement that makes it so. */
const contracting: readonly [pattern: RegExp, because: string][] = [
  [/\bDROP (TABLE|COLUMN|SCHEMA|VIEW|FUNCTION|TYPE)\b/i, 'removes what the version before reads'],
  [/\bRENAME\b/i, 'renames what the version before reads'],
  [/\bALTER (COLUMN )?"?\w+"? (SET DATA )?TYPE\b/i, 'changes a type that the version before writes'],
  [/\bSET NOT NULL\b/i, 'needs a value that the version before does not write'],
  [
    /\bADD (COLUMN )?"\w+" (?!.*\bDEFAULT\b).*\bNOT NULL\b/i,
    'adds a column that the version before does not write',
  ],
  [/\bADD CONSTRAINT\b(?!.*\bFOREIGN KEY\b).*\bCHECK\b/i, 'refuses what the version before may write'],
  [/\bREVOKE\b/i, 'takes a right that the version before needs'],
];

const violationsOf = (statements: readonly string[]) =>
  statements.flatMap((sql) =>
    contracting.filter(([pattern]) => pattern.test(sql.replace(/\s+/g, ' '))).map(([, because]) => because),
  );

/** Applies each migration, and returns the statements of each on tables that existed before it. */
async function statementsOfMigrations(): Promise<Record<string, string[]>> {
  const db = await new DataSource(dataSourceOptions(database.connection)).initialize();
  const runner = db.createQueryRunner();
  const statements: Record<string, string[]> = {};
  try {
    for (const Migration of migrations) {
      const [run, own] = [runner.query.bind(runner), new Set<string>()];
      const recorded: string[] = [];
      const recorder = Object.create(runner, {
        query: {
          value: (sql: string, ...parameters: []) => {
            for (const [, table] of sql.matchAll(/\bCREATE TABLE "(\w+)"/g)) own.add(table);
            const isOwn = [...own].some((table) => sql.includes(`"${table}"`) && !/"auth_users"/.test(sql));
            if (!isOwn) recorded.push(sql);
            return run(sql, ...parameters);
          },
        },
      }) as QueryRunner;
      const migration = new Migration();
      await migration.up(recorder);
      statements[migration.name] = recorded;
    }
    return statements;
  } finally {
    await runner.release();
    await db.destroy();
  }
}

describe('a migration', () => {
  it('expands only, so that the version before runs on, unless its name says otherwise', async () => {
    database = await TestDatabase.create('template0');
    const statements = await statementsOfMigrations();
    await database.drop();
    expect(Object.keys(statements)).toHaveLength(migrations.length);
    const offenders = Object.entries(statements)
      .filter(([name, own]) => !isContracting(name) && violationsOf(own).length > 0)
      .map(([name]) => name);
    // The rule finds what was done while it did not have to hold.
    expect(offenders).toContain('AddCanonicalNames1795350000000');
    expect(offenders.filter((name) => Number(name.slice(-13)) > FIRST_RELEASE)).toEqual([]);
  });

  it.each([
    ['DROP COLUMN', 'ALTER TABLE "auth_users" DROP COLUMN "full_name"'],
    ['a new name', 'ALTER TABLE "auth_users" RENAME "full_name" TO "name"'],
    ['a new type', 'ALTER TABLE "auth_users" ALTER "full_name" TYPE text'],
    ['NOT NULL', 'ALTER TABLE "auth_users"\n ALTER COLUMN "full_name"\n SET NOT NULL'],
    ['a column without default', 'ALTER TABLE "auth_users" ADD "city" text NOT NULL'],
    ['a check', 'ALTER TABLE "auth_users" ADD CONSTRAINT "x" CHECK (full_name <> \'\')'],
    ['a right less', 'REVOKE UPDATE ON auth_users FROM astra_service'],
  ])('is found to contract by %s', (_, sql) => {
    expect(violationsOf([sql])).toHaveLength(1);
  });

  it.each([
    ['a table', 'CREATE TABLE "auth_x" ("id" uuid NOT NULL)'],
    ['a column with default', 'ALTER TABLE "auth_users" ADD "city" text NOT NULL DEFAULT \'\''],
    ['a column that may be null', 'ALTER TABLE "auth_users" ADD "city" text'],
    ['an index', 'CREATE INDEX "x" ON "auth_users" ("full_name")'],
    ['NULL where it was not allowed', 'ALTER TABLE "auth_users" ALTER "full_name" DROP NOT NULL'],
  ])('is found to expand by %s', (_, sql) => {
    expect(violationsOf([sql])).toEqual([]);
  });
});

describe('a service on tables of a newer version', () => {
  beforeEach(async () => {
    database = await TestDatabase.create();
  });
  afterEach(() => database.drop());

  /** Opens the database as this version would, with further migrations applied. @returns what it says of them. */
  async function openAfter(...names: string[]): Promise<string[]> {
    for (const [i, name] of names.entries())
      await database.query('INSERT INTO auth_migrations (timestamp, name) VALUES ($1, $2)', [9e12 + i, name]);
    const said: string[] = [];
    const { username, password } = database.serviceConnection;
    const env = readEnvironment({
      SECRET_KEY,
      NODE_ENV: 'production',
      DATABASE_URL: connectionUrl(database.connection),
      POSTGRES_SERVICE_USER: username,
      POSTGRES_SERVICE_PASSWORD: password,
    });
    await (await openDatabase(env, (line) => void said.push(line))).close();
    return said;
  }

  it('says nothing where there are none', async () => {
    expect(await openAfter()).toEqual([]);
  });

  it('runs on if they only expand, and says so', async () => {
    expect(await openAfter('AddCity9000000000000', 'CreateContracts9000000000001')).toEqual([
      'The tables have 2 migrations of a newer version, which this version can run on',
    ]);
  });

  it('does not start if one contracts, and names it', async () => {
    await expect(openAfter('AddCity9000000000000', 'ContractNames9000000000001')).rejects.toThrow(
      'A newer version has changed the tables in a way that this version cannot run on: ContractNames9000000000001. Run the newer version.',
    );
  });
});
