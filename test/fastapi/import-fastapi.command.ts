import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportConflict } from '../../src/fastapi/import/import-conflict.js';
import { AccountErasureService } from '../../src/auth/account/account-erasure.service.js';
import {
  addPeople,
  createFastApiDatabase,
  type FastApiPerson,
  person,
  TEST1234,
  UMLAUTS,
  urlOf,
} from './support/fastapi-database.js';
import { type ImportRun, runImport } from './support/run-import.js';
import { TestDatabase } from '../support/test-database.js';
import { TestService } from '../support/test-service.js';

/** In the order of their ids, from 1. */
const people: FastApiPerson[] = [
  person('Ada', { role: 'ADMIN' }),
  person('grace', { role: 'Moderator' }),
  person('juergen', { email: 'jürgen@Example.com', hashed_password: UMLAUTS }),
  person('dormant', { is_active: false }),
  person('gone'),
  // None of those after them can be taken over.
  person('ADA', { email: 'other@example.com' }),
  person('dora', { email: 'ADA@example.com' }),
  person('resident'),
  person('x y', { email: 'nobody', role: 'root', hashed_password: 'Test1234' }),
  person('slow', { hashed_password: TEST1234.replace('29000', '2000001') }),
];
const unknownHash =
  'The password hash is not supported: its format is unknown, or its cost is too high. With --without-unknown-hashes, the account is imported without a password.';
const taken = (what: string, who = 'Another account') =>
  `${who} already uses this ${what} (case-insensitive).`;
const problems: Record<string, Record<string, string>> = {
  '6 ADA': { 'username-taken': taken('username', 'The user with the source id 1') },
  '7 dora': { 'email-taken': taken('email address', 'The user with the source id 1') },
  '8 resident': { 'username-taken': taken('username'), 'email-taken': taken('email address') },
  '9 x y': {
    'invalid-username': 'The username must contain only letters, digits, and the characters _ . -',
    'invalid-email': 'This email address is not valid or not supported.',
    'unknown-role': 'The role must be one of: admin, moderator, user.',
    'unknown-hash': unknownHash,
  },
  '10 slow': {
    'unknown-hash': unknownHash,
  },
};

let folder: string;
let service: TestService;
let original: TestDatabase;
const others: TestDatabase[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astra-import-'));
  service = await TestService.start();
  await service.signUp({ username: 'Resident', email: 'Resident@example.com' });
  original = await createFastApiDatabase(people);
});
afterAll(async () => {
  await service.stop();
  for (const database of [original, ...others]) await database.drop();
  await rm(folder, { recursive: true });
});

const run = (args: string[], { from = original, on = service.database, settings }: Partial<ImportRun> = {}) =>
  runImport(args, { from, on, settings });

/** Runs it with a report, and reads that in the form of {@link problems}. */
async function runWithReport(args: string[] = []) {
  const file = join(folder, 'report.jsonl');
  const result = await run([...args, '--report', file]);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const conflicts = lines.map((line) => JSON.parse(line) as ImportConflict);
  const report = Object.fromEntries(
    conflicts.map((conflict) => [
      `${conflict.source_id} ${conflict.username}`,
      Object.fromEntries(conflict.problems.map(({ code, message }) => [code, message])),
    ]),
  );
  return { ...result, report, mode: (await stat(file)).mode & 0o777 };
}

/** All that the service keeps, but for the queue. */
async function stored(database = service.database): Promise<unknown> {
  const tables = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`,
  );
  return Promise.all(
    tables.map(async ({ name }) => ({
      [name]: await database.query(`SELECT t::text FROM ${name} t ORDER BY 1`),
    })),
  );
}

const where = () => `${original.connection.database} at 127.0.0.1:${original.connection.port}`;

describe('astra import-fastapi', () => {
  it('says in a dry run what it would do, and changes nothing', async () => {
    const before = await stored();
    const { exitCode, printed, report } = await runWithReport(['--dry-run', '--batch', '2']);
    expect(printed.slice(0, 4)).toEqual([
      `Would import 5 users from ${where()}.`,
      'Nothing was changed.',
      'Cannot import 5 users:',
      '  id 6, "ADA": username-taken. The user with the source id 1 already uses this username (case-insensitive).',
    ]);
    expect({ exitCode, report }).toEqual({ exitCode: 1, report: problems });
    expect(await stored()).toEqual(before);
  });

  it('takes over whom it can, and reports the others as the dry run did', async () => {
    const { exitCode, printed, noticed, report, mode } = await runWithReport(['--batch', '2']);
    expect(printed[0]).toBe(`Imported 5 users from ${where()}.`);
    expect(noticed).toEqual([expect.stringMatching(/^Importing users .* 100 % {2}10\/10 /)]);
    expect({ exitCode, report, mode }).toEqual({ exitCode: 1, report: problems, mode: 0o600 });

    const users = await service.database.query(
      `SELECT username, email, role, is_active, email_verified_at, created_at::text, updated_at::text
         FROM auth_users WHERE username <> 'Resident' ORDER BY username COLLATE "C"`,
    );
    const same = {
      email_verified_at: null,
      created_at: '2024-03-01 12:00:00.123456+00',
      updated_at: '2024-05-01 12:00:00+00',
    };
    expect(users).toEqual([
      { username: 'Ada', email: 'Ada@example.com', role: 'admin', is_active: true, ...same },
      { username: 'dormant', email: 'dormant@example.com', role: 'user', is_active: false, ...same },
      { username: 'gone', email: 'gone@example.com', role: 'user', is_active: true, ...same },
      { username: 'grace', email: 'grace@example.com', role: 'moderator', is_active: true, ...same },
      { username: 'juergen', email: 'jürgen@Example.com', role: 'user', is_active: true, ...same },
    ]);
  });

  it('takes over whose hash it cannot check, without a password, if that is asked for', async () => {
    const from = await createFastApiDatabase([
      person('slow', { hashed_password: people[9].hashed_password }),
    ]);
    const on = await TestDatabase.create();
    others.push(from, on);
    expect(await run([], { from, on })).toMatchObject({ exitCode: 1 });
    const { exitCode, printed } = await run(['--without-unknown-hashes'], { from, on });
    expect({ exitCode, printed: printed.slice(1) }).toEqual({
      exitCode: 0,
      printed: ['Without a password: 1 user. They can set one with "forgot password".'],
    });
    expect(await on.query(`SELECT username, hashed_password FROM auth_users`)).toEqual([
      { username: 'slow', hashed_password: null },
    ]);
  });

  it('leaves the original as it was', async () => {
    expect(await original.query(`SELECT count(*)::int, max(updated_at)::text FROM auth_users`)).toEqual([
      { count: people.length, max: '2024-05-01 12:00:00+00' },
    ]);
  });

  it.each([
    ['ada', 'Test1234'],
    ['jürgen@example.com', 'pässwörd'],
  ])('lets %s sign in with the old password, and keeps a better hash of it', async (username, password) => {
    const { access_token } = await service.signIn({ username, password });
    const { body } = await service.get<{ id: string }>('/users/me', access_token);
    const [{ hash }] = await service.database.query<{ hash: string }>(
      'SELECT hashed_password AS hash FROM auth_users WHERE id = $1',
      [body.id],
    );
    expect(hash).toMatch(/^\$argon2id\$/);
    await service.signIn({ username, password });
  });

  it('keeps a deactivated account deactivated', async () => {
    const login = await service.post('/auth/login', { username: 'dormant', password: 'Test1234' });
    expect(login).toMatchObject({ status: 403, body: { type: '/problems/inactive-user' } });
  });

  it('tells the audit trail of each account, and where it is from', async () => {
    const { access_token } = await service.signIn({ username: 'ada', password: 'Test1234' });
    const { body } = await service.get('/users/me/events?limit=100', access_token);
    expect(body.items.at(-1)).toMatchObject({
      type: 'user_created',
      actor_id: null,
      data: { reason: 'import', source_id: 1, role: 'admin' },
    });
  });

  it('takes nobody over twice: neither who has another name now, nor who was deleted and erased', async () => {
    const { access_token } = await service.signIn({ username: 'grace', password: 'Test1234' });
    await service.patch('/users/me', { username: 'hopper' }, access_token);
    const { access_token: bye } = await service.signIn({ username: 'gone', password: 'Test1234' });
    await service.delete('/users/me', bye, { current_password: 'Test1234' });
    expect(await run([])).toMatchObject({ printed: expect.arrayContaining(['Imported before: 5 users.']) });

    await service.database.query(`UPDATE auth_users SET deleted_at = '2024-01-01' WHERE username = 'gone'`);
    await service.app.get(AccountErasureService, { strict: false }).erase();
    const before = await stored();
    const { printed, report } = await runWithReport();
    expect(printed.slice(0, 2)).toEqual([`Imported 0 users from ${where()}.`, 'Imported before: 5 users.']);
    expect(report).toEqual(problems);
    expect(await stored()).toEqual(before);
  });

  it('takes over who came since, and tells apart who has the name of somebody before', async () => {
    await original.query(`DELETE FROM auth_users WHERE username = 'grace'`);
    await addPeople(original, [person('newcomer'), person('grace', { email: 'another-grace@example.com' })]);
    const { printed, report } = await runWithReport(['--emails-verified']);
    expect(printed[0]).toBe(`Imported 1 user from ${where()}.`);
    expect(report).toEqual({
      ...problems,
      '12 grace': {
        'imported-before': 'A user with this name was imported before from the source id 2.',
      },
    });
    const login = await service.signIn({ username: 'newcomer', password: 'Test1234' });
    expect(await service.get('/users/me', login.access_token)).toMatchObject({
      body: { email_verified: true },
    });
  });

  it('reads roles from an enum, and URLs as SQLAlchemy has them', async () => {
    const people = ['USER', 'MODERATOR', 'ADMIN'].map((role) => person(`${role}-of-enum`, { role }));
    const database = await createFastApiDatabase(people, { roles: 'userrole' });
    others.push(database);
    const from = urlOf(database.connection).replace('postgresql:', 'postgresql+asyncpg:');
    expect(await run([], { from })).toMatchObject({
      exitCode: 0,
      printed: [expect.stringMatching(/^Imported 3 users from /)],
    });
    expect(
      await service.database.query(
        `SELECT role FROM auth_users WHERE username LIKE '%-of-enum' ORDER BY role`,
      ),
    ).toEqual([{ role: 'admin' }, { role: 'moderator' }, { role: 'user' }]);
  });

  it('says what people have to do where addresses must be verified', async () => {
    const database = await createFastApiDatabase([person('unproven')]);
    others.push(database);
    const { noticed } = await run(['--dry-run'], {
      from: database,
      settings: { EMAIL_VERIFICATION: 'required' },
    });
    expect(noticed.at(-1)).toMatch(
      /^EMAIL_VERIFICATION is required: users must verify their email addresses/,
    );
  });
});

describe('astra import-fastapi says in a line', () => {
  let empty: TestDatabase;
  beforeAll(async () => {
    empty = await TestDatabase.create('template0');
    others.push(empty);
  });

  const unreadable = 'The database of --from cannot be read';
  const refusals: [string, () => Promise<Partial<ImportRun>> | Partial<ImportRun>, RegExp][] = [
    [
      'that nobody answers',
      () => ({ from: 'postgresql://me:canary@127.0.0.1:1/x' }),
      /: connect ECONNREFUSED/,
    ],
    [
      'that the password is wrong',
      () => ({ from: urlOf({ ...original.connection, password: 'canary' }) }),
      /: password authentication failed for user "postgres"\.$/,
    ],
    [
      'that there is no such database',
      () => ({ from: `${urlOf(original.connection)}x` }),
      /does not exist\.$/,
    ],
    ['that it is no URL', () => ({ from: 'mysql://me:canary@localhost/x' }), /^--from must be a URL such as/],
    ['that the table is missing', () => ({ from: empty }), /: it has no table auth_users\. Is it/],
    [
      'that columns are missing',
      async () => {
        const old = await createFastApiDatabase([]);
        others.push(old);
        await old.query('ALTER TABLE auth_users DROP COLUMN role, DROP COLUMN is_active');
        return { from: old };
      },
      /: its auth_users lacks role, is_active\. Run "alembic upgrade head" there first/,
    ],
    [
      "that it is Astra's own database",
      () => ({ from: service.database }),
      /: its table auth_users belongs to Astra\. Specify the database of the FastAPI service\.$/,
    ],
    [
      'that the original has the database that Astra should have',
      () => ({ on: original }),
      /^The database contains tables of another application: relation "auth_users" already exists\. Use a separate database for Astra/,
    ],
  ];

  it.each(refusals)('%s', async (_, options, line) => {
    const { exitCode, printed, noticed } = await run([], await options());
    expect({ exitCode, printed }).toEqual({ exitCode: 1, printed: [] });
    expect(noticed).toEqual([expect.stringMatching(line)]);
    expect(noticed[0]).not.toMatch(/canary|\n/);
    if (line.source.startsWith(':')) expect(noticed[0]).toMatch(unreadable);
  });

  it.each([
    ['that the batch is no number', ['--batch', '0'], '--batch must be a whole number from 1 to 9999.'],
    ['that the report cannot be written', ['--report', '/nowhere/report'], /ENOENT.*\/nowhere\/report/],
  ])('%s', async (_, args, line) => {
    expect(await run(args)).toMatchObject({ exitCode: 1, noticed: [expect.stringMatching(line)] });
  });

  it('that there are no tables yet to compare with', async () => {
    expect(await run(['--dry-run'], { on: empty })).toMatchObject({
      exitCode: 1,
      noticed: ['The tables are not up to date. Run "astra migrate" first.'],
    });
  });
});
