import { DataSource } from 'typeorm';
import { Role } from '../src/settings/role.js';
import { UserImportService } from '../src/admin/user-files/user-import.service.js';
import { PasswordsService } from '../src/auth/passwords/passwords.service.js';
import { namesCheck } from '../src/commands/doctor/names-check.js';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import { migrations } from '../src/schema/migrations.js';
import { canonicalEmail, canonicalUsername } from '../src/names/canonical.js';
import { UserDirectory } from '../src/users/directory/user-directory.js';
import { UsersService } from '../src/users/users.service.js';
import { TestDatabase } from './support/test-database.js';
import { type Answer, TestService } from './support/test-service.js';

const password = 'Analytical1';
/** Databases whose own `lower()` tells different letters apart. */
const locales: [string, string | undefined][] = [
  ["the server's own locale", undefined],
  ['the locale C', `LOCALE 'C'`],
  ['Turkish by ICU', `LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'`],
];

/** Ways to write a name that somebody may take for the same; in `kis` each has a letter of its own. */
const spellings: [string, (name: string) => string][] = [
  ['capitals', (name) => name.toUpperCase()],
  ['İ', (name) => name.replace('i', '\u0130')],
  ['ı', (name) => name.replace('i', '\u0131')],
  ['the Kelvin sign', (name) => name.replace('k', '\u212a')],
  ['a long s', (name) => name.replace('s', '\u017f')],
  ['ß', (name) => name.replace('s', 'ß')],
  ['ẞ', (name) => name.replace('s', 'ẞ')],
  ['a letter composed', (name) => name.replace('i', 'í')],
  ['a letter decomposed', (name) => name.replace('i', 'i\u0301')],
  ['fullwidth letters', (name) => name.replace('k', 'ｋ')],
  ['a soft hyphen', (name) => name.replace('k', 'k\u00ad')],
  ['nothing that is seen', (name) => name.replace('k', 'k\u200b')],
  ['a blank at its end', (name) => `${name} `],
  ['blanks before it', (name) => ` \t${name}`],
];

/** The same domain, as mail servers look it up. */
const domains: [string, string][] = [
  ['capitals', 'BÜCHER.example'],
  ['punycode', 'xn--bcher-kva.example'],
  ['punycode in capitals', 'XN--BCHER-KVA.EXAMPLE'],
  ['a letter decomposed', 'bu\u0308cher.example'],
  ['a soft hyphen', 'bü\u00adcher.example'],
  ['fullwidth letters', 'büｃher.example'],
  ['a circled letter', 'büⓒher.example'],
  ['nothing that is seen', 'büc\u200bher.example'],
  ['a dot at its end', 'bücher.example.'],
  ['another dot', 'bücher。example'],
];

describe.each(locales)('names in a database of %s', (_, locale) => {
  // What no database has a say in is tried in one.
  const tried = spellings.filter(
    ([way]) => !locale || ['capitals', 'İ', 'ı', 'the Kelvin sign', 'ẞ'].includes(way),
  );
  let service: TestService;
  let database: TestDatabase;
  let passwordHash: string;
  let admin: string;
  beforeAll(async () => {
    database = locale ? await TestDatabase.createIn(locale) : await TestDatabase.create();
    service = await TestService.start({
      on: database,
      rateLimit: true,
      auth: {
        rateLimits: {
          ...{ requests: false, register: false, 'sign-in': false, forgot: false, 'create-user': false },
          ...{ 'email-change': false, 'email-change-address': false, 'password-change': false },
          failures: { limit: 2 },
        },
      },
    });
    passwordHash = await service.app.get(PasswordsService, { strict: false }).hash(password);
    await makeUser('root', 'root@example.com', Role.Admin);
    ({ access_token: admin } = await service.signIn({ username: 'root', password }));
  });
  afterAll(async () => {
    await service.stop();
    await database.drop();
  });

  const users = () => service.app.get(UsersService, { strict: false });
  const makeUser = (username: string, email: string, role: Role = Role.User) =>
    users().create({ username, email, passwordHash, role, emailVerified: true });
  const signIn = (username: string, typed = 'wrong') =>
    service.post('/auth/login', { username, password: typed });
  const statusOf = ({ status }: Answer) => status;

  let count = 0;
  const newName = () => `kis${count++}`;

  it.each(tried)('tell nobody whether there is an account, by %s', async (_way, spell) => {
    for (const suffix of ['', '@example.com']) {
      const answers: number[][] = [];
      for (const exists of [true, false]) {
        const name = newName();
        if (exists) await makeUser(name, `${name}@example.com`);
        const tries = [spell(name), spell(name), name, name, name].map((login) => login + suffix);
        const statuses: number[] = [];
        for (const login of tries) statuses.push(statusOf(await signIn(login)));
        answers.push(statuses);
      }
      expect(answers[0]).toEqual(answers[1]);
    }
  });

  it.each(tried)('are never taken by another account, in %s', async (_way, spell) => {
    const name = newName();
    const { id } = await makeUser(name, `${name}@example.com`);
    const other = newName();
    const refused = [
      await service.post('/auth/register', {
        username: spell(name),
        email: `${other}@example.com`,
        password,
      }),
      await service.post('/auth/register', {
        username: other,
        email: `${spell(name)}@example.com`,
        password,
      }),
      await service.post(
        '/admin/users',
        { username: spell(name), email: `${other}@example.com`, password },
        admin,
      ),
      await service.post(
        '/admin/users',
        { username: other, email: `${spell(name)}@example.com`, password },
        admin,
      ),
    ].map(statusOf);
    const blankInside = /\s$/.test(spell(name));
    expect([409, 422]).toEqual(expect.arrayContaining([...new Set(refused)]));
    // One form, one account: what is taken for the name finds it, and all else finds nobody.
    const isSame = canonicalUsername(spell(name)) === name;
    expect((await users().findByLogin(spell(name)))?.id).toBe(isSame ? id : undefined);
    if (!blankInside) {
      const isSameEmail = canonicalEmail(`${spell(name)}@example.com`) === `${name}@example.com`;
      expect((await users().findByLogin(`${spell(name)}@example.com`))?.id).toBe(
        isSameEmail ? id : undefined,
      );
    }
  });

  it('sign in whatever the case, and with blanks at their ends', async () => {
    const name = newName();
    await makeUser(name.toUpperCase(), `${name.toUpperCase()}@EXAMPLE.com`);
    for (const login of [
      name,
      name.toUpperCase(),
      ` ${name} `,
      `${name}@example.com`,
      `${name}@Example.COM\t`,
    ])
      expect(statusOf(await signIn(login, password))).toBe(200);
  });

  it.each(domains)('of a mailbox are one account, with a domain in %s', async (_way, domain) => {
    const name = newName();
    const typed = `${name}@${domain}`;
    const { id, email } = await makeUser(name, `${name}@bücher.example`);
    expect(email).toBe(`${name}@xn--bcher-kva.example`);
    const stranger = await makeUser(newName(), `${name}@other.example`);
    const { access_token: token } = await service.signIn({ username: stranger.username, password });

    const register = (route: string) =>
      service.post(route, { username: newName(), email: typed, password }, admin).then(statusOf);
    expect([409, 422]).toContain(await register('/auth/register'));
    expect([409, 422]).toContain(await register('/admin/users'));
    const change = { new_email: typed, current_password: password };
    expect([202, 422]).toContain(statusOf(await service.post('/users/me/email', change, token)));
    const accounts = await database.query(`SELECT id FROM auth_users WHERE email_key = $1`, [
      canonicalEmail(email ?? ''),
    ]);
    expect(accounts).toEqual([{ id }]);

    const lines: string[] = [];
    await service.app.get(UserImportService, { strict: false }).import(
      (async function* () {
        yield { line: 1, fields: { username: newName(), email: typed } };
      })(),
      { onRefusal: (_line, problem) => lines.push(problem) },
    );
    expect(lines).toEqual([expect.stringMatching(/^email: /)]);
  });

  it('of a mailbox have one budget, however its address is written', async () => {
    const name = newName();
    await makeUser(name, `${name}@bücher.example`);
    const statuses: number[] = [];
    for (const [, domain] of domains)
      for (const local of [name, name.toUpperCase(), ` ${name}`])
        statuses.push(statusOf(await service.post('/auth/password/forgot', { email: `${local}@${domain}` })));
    expect(statuses.filter((status) => status === 202)).toHaveLength(3);
    expect(statuses).toContain(429);
  });

  it('are found by any part in any case', async () => {
    const found = async (q: string) => {
      const directory = service.app.get(UserDirectory, { strict: false });
      return (await directory.list({ q }, 'username', { limit: 10 })).items.map(({ username }) => username);
    };
    await users().create({
      username: 'IRIS.Grün'.replace('ü', 'u'),
      email: 'IRIS@Example.com',
      passwordHash: null,
      fullName: 'İpek ÅSTRÖM Žižka ΣΙΣ',
    });
    for (const q of [
      'iris.gru',
      'IRIS.GRU',
      'iris@EXAMPLE',
      'ipek',
      'İPEK',
      'åström',
      'ÅSTRÖM',
      'a\u030astr',
      'ŽIŽ',
      'žiž',
      'σισ',
    ])
      expect([q, await found(q)]).toEqual([q, ['IRIS.Grun']]);
  });

  it('have their keys from the trigger too, whoever writes them', async () => {
    const rows = await database.query<{
      username: string;
      email: string;
      username_key: string;
      email_key: string;
    }>('SELECT username, email, username_key, email_key FROM auth_users');
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows)
      expect([row.username_key, row.email_key]).toEqual([
        canonicalUsername(row.username),
        canonicalEmail(row.email),
      ]);
    await expect(
      database.query(
        `INSERT INTO auth_users (id, username, email) VALUES (gen_random_uuid(), 'raw', 'raw@bücher.example')`,
      ),
    ).rejects.toMatchObject({ constraint: 'auth_users_email_domain_check' });
  });
});

describe('the migration to one form', () => {
  const canonical = migrations.findIndex(({ name }) => name.startsWith('AddCanonicalNames'));
  let database: TestDatabase;
  let db: DataSource;
  beforeEach(async () => {
    database = await TestDatabase.create(`template0 LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'`);
    db = new DataSource({
      ...dataSourceOptions(database.connection),
      migrations: migrations.slice(0, canonical),
    });
    await db.initialize();
    await db.runMigrations();
  });
  afterEach(async () => {
    await db.destroy();
    await database.drop();
  });

  const insert = async (username: string, email: string) => {
    const [{ id }] = await database.query<{ id: string }>(
      'INSERT INTO auth_users (id, username, email) VALUES (gen_random_uuid(), $1, $2) RETURNING id',
      [username, email],
    );
    return id;
  };
  const migrate = async () => {
    const runner = db.createQueryRunner();
    await runner.startTransaction();
    try {
      await new migrations[canonical]().up(runner);
      await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction();
      throw error;
    } finally {
      await runner.release();
    }
  };

  it('recomputes what is there', async () => {
    await insert('Ada', 'Ada@Bücher.example');
    await insert('IRIS', 'iris@example.com');
    await insert('old', 'JÜRGEN@example.com');
    await insert('junk', 'junk@exa\u200dmple.com');
    await migrate();
    expect(
      await database.query('SELECT username_key, email, email_key FROM auth_users ORDER BY username_key'),
    ).toEqual([
      { username_key: 'ada', email: 'Ada@xn--bcher-kva.example', email_key: 'ada@xn--bcher-kva.example' },
      { username_key: 'iris', email: 'iris@example.com', email_key: 'iris@example.com' },
      {
        username_key: 'junk',
        email: 'junk@exa\u200dmple.com',
        email_key: 'junk@exa\u200dmple.com',
      },
      { username_key: 'old', email: 'jürgen@example.com', email_key: 'jürgen@example.com' },
    ]);
    expect(await namesCheck.run(db)).toMatchObject({
      level: 'look',
      says: expect.stringContaining('junk@'),
    });
  });

  it.each<[string, [string, string], [string, string]]>([
    ['usernames', ['IRIS', 'a@example.com'], ['iris', 'b@example.com']],
    ['addresses', ['one', 'INES@example.com'], ['two', 'ines@example.com']],
    ['letters of a local part', ['one', 'JU\u0308RGEN@example.com'], ['two', 'jürgen@example.com']],
    ['spellings of a domain', ['one', 'q@example.com'], ['two', 'q@ex\u00adample.com']],
    ['spellings of an IDN', ['one', 'q@xn--bcher-kva.example'], ['two', 'q@bücher.example']],
  ])('names accounts that clash by %s, and changes nothing', async (_, first, second) => {
    const ids = [await insert(...first), await insert(...second)];
    const before = await database.query('SELECT * FROM auth_users ORDER BY id');
    const refusal = await migrate().catch((error: Error) => error.message);
    for (const id of ids) expect(refusal).toContain(id);
    expect(refusal).toContain('deleted_at = now()');
    expect(await database.query('SELECT * FROM auth_users ORDER BY id')).toEqual(before);
    const { level, says } = await namesCheck.run(db);
    expect(level).toBe('wrong');
    for (const id of ids) expect(says).toContain(id);

    await database.query('UPDATE auth_users SET deleted_at = now() WHERE id = $1', [ids[1]]);
    await migrate();
    expect((await namesCheck.run(db)).level).toBe('well');
  });
});
