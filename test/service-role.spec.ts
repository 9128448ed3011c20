import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { runCommand } from '../src/commands/run-command.js';
import { readEnvironment } from '../src/env.js';
import { openDatabase } from '../src/service/open-database.js';
import { TestDatabase } from './support/test-database.js';
import { SECRET_KEY } from './support/test-service.js';

/** As names that need quotes, with a password that does. */
const role = `Astra "service" ${randomBytes(6).toString('hex')}_test`;
const password = `it's %40 \\ "secret"`;

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.create('template0');
});
afterAll(async () => {
  await database.query(`DROP OWNED BY ${pg.escapeIdentifier(role)}`);
  await database.query(`DROP ROLE ${pg.escapeIdentifier(role)}`);
  await database.drop();
});

/** The settings of a deployment that does all as it should. */
function settings(changes: Record<string, string> = {}) {
  const { host, port, username, password: ofOwner = '', database: name } = database.connection;
  return readEnvironment({
    SECRET_KEY,
    POSTGRES_HOST: host,
    POSTGRES_PORT: String(port),
    POSTGRES_USER: username,
    POSTGRES_PASSWORD: ofOwner,
    POSTGRES_DB: name,
    POSTGRES_SERVICE_USER: role,
    POSTGRES_SERVICE_PASSWORD: password,
    ...changes,
  });
}

async function migrate(changes?: Record<string, string>, ...options: string[]) {
  const told: string[] = [];
  const tell = (line: string) => void told.push(line);
  const nobody = () => Promise.reject(new Error('nobody is asked'));
  const terminal = { print: tell, notice: tell, ask: nobody, askSecretly: nobody };
  return { exitCode: await runCommand(['migrate', ...options], () => settings(changes), terminal), told };
}

describe('the role of the service', () => {
  it('is needed by a service that is to run as it, and made with the tables', async () => {
    await expect(openDatabase(settings(), () => undefined)).rejects.toThrow('The database cannot be used');
    const { exitCode, told } = await migrate();
    expect([exitCode, told.at(-1)]).toEqual([0, `The service connects to Postgres as ${role}.`]);

    // What the owner's password is does not matter any more.
    const { db, close } = await openDatabase(settings(), () => undefined);
    expect(await db.query('SELECT current_user AS me')).toEqual([{ me: role }]);
    await close();
  });

  it('keeps its password, whatever the settings say, unless that is asked for', async () => {
    const changed = { POSTGRES_SERVICE_PASSWORD: 'another one' };
    const { exitCode, told } = await migrate(changed);
    expect(exitCode).toBe(1);
    expect(told.at(-1)).toMatch(
      /password authentication failed.* "astra migrate --set-password" changes its password/,
    );
    await (await openDatabase(settings(), () => undefined)).close();

    expect((await migrate(changed, '--set-password')).exitCode).toBe(0);
    await expect(openDatabase(settings(), () => undefined)).rejects.toThrow('password authentication failed');
    await (await openDatabase(settings(changed), () => undefined)).close();
    expect((await migrate({}, '--set-password')).exitCode).toBe(0);
  });

  it.each([
    ['a decomposed letter', 'e\u0301te\u0301 2026'],
    ['a ligature', 'e\uFB03cient'],
    ['a space of another kind', 'one\u00A0two\u3000three'],
    ['a soft hyphen', 'pass\u00ADword'],
    ['a joiner', 'a\u200Db\uFE0Fc\u2060d'],
    ['wide letters', '\uFF21\uFF22\uFF23'],
    ['the Kelvin sign', '273 \u212A'],
    ['a tab and a bell', 'a\tb\u0007c'],
    ['right to left', '\u05D0\u05D1 abc'],
    ['an unassigned character', 'a\u0378b'],
    ['emoji', '🔑👩‍👩‍👧'],
    ['a percent sign and a quote', `%00'"\\; DROP`],
    ['a thousand characters', 'ü'.repeat(1000)],
  ])('has a password with %s, as any that Postgres takes', async (what, secret) => {
    const changed = { POSTGRES_SERVICE_PASSWORD: secret };
    expect(await migrate(changed, '--set-password')).toMatchObject({ exitCode: 0 });
    await (await openDatabase(settings(changed), () => undefined)).close();
    // As somebody has set it who knows nothing of us: the server prepares it by itself.
    await database.query(`ALTER ROLE ${pg.escapeIdentifier(role)} PASSWORD ${pg.escapeLiteral(secret)}`);
    // Where it prepares nothing (RFC 4013, 2.3), the driver does, and only --set-password helps.
    if (!['a tab and a bell', 'emoji'].includes(what))
      await (await openDatabase(settings(changed), () => undefined)).close();
    expect((await migrate({}, '--set-password')).exitCode).toBe(0);
  });

  it('is one installation’s alone: another database of the server refuses it', async () => {
    const other = await TestDatabase.create('template0');
    try {
      const there = { POSTGRES_DB: other.connection.database };
      for (const options of [[], ['--set-password']]) {
        const { exitCode, told } = await migrate(
          { ...there, POSTGRES_SERVICE_PASSWORD: 'theirs' },
          ...options,
        );
        expect(exitCode).toBe(1);
        expect(told.at(-1)).toMatch(
          /^The role .* already exists \("Astra: service of the database .*"\).* Set POSTGRES_SERVICE_USER to another name\. .*COMMENT ON ROLE/,
        );
      }
      // That was found out before anything was written.
      expect(
        await other.query(`SELECT count(*)::int FROM pg_class WHERE relnamespace = 'public'::regnamespace`),
      ).toEqual([{ count: 0 }]);
      // It opens what it opened before, and nothing else.
      await (await openDatabase(settings(), () => undefined)).close();
      await expect(openDatabase(settings(there), () => undefined)).rejects.toThrow('up to date');
    } finally {
      await other.drop();
    }
  });

  it('is asked for before there are tables, where the owner may not make it', async () => {
    const other = await TestDatabase.create('template0');
    const owner = `${role} owner`;
    const quoted = pg.escapeIdentifier(owner);
    await database.query(`CREATE ROLE ${quoted} LOGIN PASSWORD 'owner'`);
    await database.query(`ALTER DATABASE ${other.connection.database} OWNER TO ${quoted}`);
    try {
      const { exitCode, told } = await migrate({
        POSTGRES_USER: owner,
        POSTGRES_PASSWORD: 'owner',
        POSTGRES_DB: other.connection.database,
        POSTGRES_SERVICE_USER: `${role} 2`,
      });
      expect([exitCode, told.at(-1)]).toEqual([
        1,
        expect.stringMatching(/^The owner of the tables may not create the role .*: CREATE ROLE .*COMMENT/),
      ]);
      expect(await other.query(`SELECT to_regclass('auth_migrations') AS table`)).toEqual([{ table: null }]);
    } finally {
      await other.drop();
      await database.query(`DROP ROLE ${quoted}`);
    }
  });

  it.each(['development', 'production'])(
    'is told in %s who has to bring the tables up to date',
    async (NODE_ENV) => {
      const { host, port, username, database: name } = database.connection;
      const [last] = await database.query<{ timestamp: string; name: string }>(
        'DELETE FROM auth_migrations WHERE id = (SELECT max(id) FROM auth_migrations) RETURNING timestamp, name',
      );
      const env = readEnvironment({
        SECRET_KEY,
        NODE_ENV,
        DATABASE_URL: `postgres://${encodeURIComponent(role)}:${encodeURIComponent(password)}@${host}:${port}/${name}`,
      });
      const says = await openDatabase(env, () => undefined).catch((error: Error) => error.message);
      await database.query('INSERT INTO auth_migrations (timestamp, name) VALUES ($1, $2)', [
        last.timestamp,
        last.name,
      ]);
      expect(says).toMatch(/not up to date|cannot be migrated/);
      expect(says).toContain('Run "astra migrate"');
      if (NODE_ENV === 'development') expect(says).toContain(`as ${username} first`);
      await (await openDatabase(env, () => undefined)).close();
    },
  );

  it('is no role that is there for something else, unless who made it says so', async () => {
    const persons = `${role} of a person`;
    const quoted = pg.escapeIdentifier(persons);
    await database.query(`CREATE ROLE ${quoted} LOGIN PASSWORD 'their own'`);
    try {
      const named = { POSTGRES_SERVICE_USER: persons };
      const { exitCode, told } = await migrate(named, '--set-password');
      expect(exitCode).toBe(1);
      const [, mark] = /mark it: (COMMENT ON ROLE .*;)$/.exec(told.at(-1) ?? '') ?? [];
      await database.query(mark);
      const theirs = { ...named, POSTGRES_SERVICE_PASSWORD: 'their own' };
      expect(await migrate(theirs)).toMatchObject({ exitCode: 0 });
      await (await openDatabase(settings(theirs), () => undefined)).close();
    } finally {
      await database.query(`DROP OWNED BY ${quoted}; DROP ROLE ${quoted}`);
    }
  });

  it('is known again where an earlier version has made it, which marked none', async () => {
    await database.query(`COMMENT ON ROLE ${pg.escapeIdentifier(role)} IS NULL`);
    expect((await migrate()).exitCode).toBe(0);
    expect(
      await database.query(
        `SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = $1`,
        [role],
      ),
    ).toEqual([{ comment: `Astra: service of the database ${database.connection.database}, schema public` }]);
  });

  it('does not bring tables up to date, which it could not', async () => {
    await database.query(`ALTER TABLE auth_migrations RENAME TO auth_migrations_away`);
    await database.query(`CREATE TABLE auth_migrations (LIKE auth_migrations_away)`);
    await database.query(`GRANT SELECT ON auth_migrations TO ${pg.escapeIdentifier(role)}`);
    await expect(openDatabase(settings(), () => undefined)).rejects.toThrow('Run "astra migrate" first.');
    await database.query(`DROP TABLE auth_migrations`);
    await database.query(`ALTER TABLE auth_migrations_away RENAME TO auth_migrations`);
  });

  it('must not be named as the owner is', () => {
    const { username } = database.connection;
    expect(() => settings({ POSTGRES_SERVICE_USER: username })).toThrow(
      'POSTGRES_SERVICE_USER must differ from POSTGRES_USER, who owns the tables',
    );
  });

  it('must not be able to become the owner', async () => {
    const { username } = database.connection;
    await database.query(`GRANT ${pg.escapeIdentifier(username)} TO ${pg.escapeIdentifier(role)}`);
    const { exitCode, told } = await migrate();
    expect([exitCode, told.at(-1)]).toEqual([
      1,
      `The role ${role} owns the tables, or could take ownership of them. Set POSTGRES_SERVICE_USER to another role.`,
    ]);
    await database.query(`REVOKE ${pg.escapeIdentifier(username)} FROM ${pg.escapeIdentifier(role)}`);
  });

  it.each([
    'DROP TABLE auth_users',
    'ALTER TABLE auth_users ADD COLUMN is_root boolean',
    'ALTER TABLE auth_users DROP CONSTRAINT auth_users_role_check',
    'TRUNCATE auth_users CASCADE',
    'CREATE TABLE mine (id int)',
    'CREATE INDEX ON auth_users (full_name)',
    'CREATE SCHEMA mine',
    'CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
    'DROP SCHEMA astra_jobs CASCADE',
    'DELETE FROM auth_migrations',
    `UPDATE auth_audit_events SET type = 'user_created'`,
    'DELETE FROM auth_audit_events',
    'TRUNCATE auth_audit_events',
    'ALTER TABLE auth_audit_events DISABLE TRIGGER ALL',
    'DELETE FROM auth_audit_chains',
    'SET session_replication_role = replica',
    'CREATE ROLE mine',
    `COPY auth_users TO PROGRAM 'true'`,
    `SELECT pg_read_file('/etc/passwd')`,
  ])('may not %s', async (sql) => {
    const client = new pg.Client({ ...database.connection, user: role, password });
    await client.connect();
    try {
      await expect(client.query(sql)).rejects.toThrow(/permission denied|must be owner/);
    } finally {
      await client.end();
    }
  });
});
