import { readEnvironment } from '../../src/env.js';
import { migrations } from '../../src/schema/migrations.js';
import { isContracting } from '../../src/schema/newer-migrations.js';
import { openDatabase } from '../../src/service/open-database.js';
import { FIRST_RELEASE, recordMigrations } from '../support/recorded-migrations.js';
import { runAstra } from '../support/run-astra.js';
import { connectionUrl, TestDatabase } from '../support/test-database.js';
import { SECRET_KEY } from '../support/test-service.js';

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

describe('a migration', () => {
  it('expands only, so that the version before runs on, unless its name says otherwise', async () => {
    database = await TestDatabase.create('template0');
    const recorded = await recordMigrations(database.connection);
    await database.drop();
    expect(recorded).toHaveLength(migrations.length);
    const offenders = recorded
      .filter(({ name, statements }) => !isContracting(name) && violationsOf(statements).length > 0)
      .map(({ name }) => name);
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

describe('migrate --check', () => {
  beforeEach(async () => {
    database = await TestDatabase.create();
  });
  afterEach(() => database.drop());

  const check = () => runAstra(database, ['migrate', '--check']);

  it('exits with 0 if the service can start on the tables', async () => {
    expect(await check()).toEqual({ exitCode: 0, printed: ['The tables are up to date.'], noticed: [] });
  });

  it('exits with 3 and names what is pending, which it does not apply', async () => {
    const newest = migrations.slice(-2).map(({ name }) => name);
    await database.query('DELETE FROM auth_migrations WHERE name = ANY ($1)', [newest]);
    for (let i = 0; i < 2; i++)
      expect(await check()).toMatchObject({
        exitCode: 3,
        printed: [...newest.map((name) => `Pending ${name}`), '2 migrations pending. Run "astra migrate".'],
      });
  });

  it('exits with 3 where there are no tables at all', async () => {
    const empty = await TestDatabase.create('template0');
    const { exitCode, printed } = await runAstra(empty, ['migrate', '--check']);
    await empty.drop();
    expect({ exitCode, count: printed.length }).toEqual({ exitCode: 3, count: migrations.length + 1 });
  });

  it('exits with 0 on tables of a newer version that only expand, and with 1 on others', async () => {
    await database.query(
      `INSERT INTO auth_migrations (timestamp, name) VALUES (9e12, 'AddCity9000000000000')`,
    );
    expect(await check()).toMatchObject({
      exitCode: 0,
      noticed: ['The tables have 1 migration of a newer version, which this version can run on'],
    });
    await database.query(
      `UPDATE auth_migrations SET name = 'ContractCity9000000000000' WHERE timestamp = 9e12`,
    );
    const refused = await check();
    expect(refused.exitCode).toBe(1);
    expect(refused.noticed.join()).toContain('ContractCity9000000000000. Run the newer version.');
  });

  it('exits with 1 if it cannot find out', async () => {
    const DATABASE_URL = connectionUrl({ ...database.connection, password: 'wrong' });
    expect(await runAstra(database, ['migrate', '--check'], { DATABASE_URL })).toMatchObject({ exitCode: 1 });
  });
});
