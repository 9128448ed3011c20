import { auditRights } from '../src/audit/retention/audit-rights.js';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebhookSecrets } from '../src/webhooks/endpoints/webhook-secrets.js';
import { TotpCodes } from '../src/auth/factors/totp/totp-codes.js';
import { AuthSettings } from '../src/settings/auth-settings.js';
import { threadPoolSize, type Variables } from '../src/env.js';
import { startDeafPooler } from './support/deaf-pooler.js';
import { runAstra } from './support/run-astra.js';
import { TestSmtpServer } from './support/smtp-server.js';
import { connectionUrl, TestDatabase } from './support/test-database.js';
import { TestService } from './support/test-service.js';

const CANARY = 'canary-4f1c';
const SECRET_KEY = `Zk1vT0x3eG5qY2JzUHJ0d0h1Z2lLbVY5c0Fx-${CANARY}`;

let database: TestDatabase;
let dataDir: string;
let smtp: TestSmtpServer;
beforeAll(async () => {
  database = await TestDatabase.create();
  // It signs the audit trail and makes the queues.
  const service = await TestService.start({ on: database, auth: { secretKey: SECRET_KEY } });
  await service.stop();
  await database.query(
    `INSERT INTO auth_users (id, username, email, role) VALUES (gen_random_uuid(), 'root', 'root@example.com', 'admin')`,
  );
  dataDir = await mkdtemp(join(tmpdir(), 'astra-doctor-'));
  smtp = await TestSmtpServer.start();
});
afterAll(async () => {
  await smtp.stop();
  await database.drop();
  await rm(dataDir, { recursive: true });
});

/** The settings of an installation at which there is nothing to be said, but that its mail is not encrypted. */
function settings({ connection, serviceConnection }: TestDatabase): Variables {
  return {
    NODE_ENV: 'production',
    SECRET_KEY,
    DATABASE_URL: '',
    POSTGRES_HOST: connection.host,
    POSTGRES_PORT: String(connection.port),
    POSTGRES_USER: connection.username,
    POSTGRES_PASSWORD: connection.password,
    POSTGRES_DB: connection.database,
    POSTGRES_SERVICE_USER: serviceConnection.username,
    POSTGRES_SERVICE_PASSWORD: serviceConnection.password,
    PUBLIC_URL: 'https://accounts.example',
    TRUSTED_PROXIES: '10.0.0.0/8',
    DATA_DIR: dataDir,
    SMTP_URL: smtp.url,
  };
}

/** What the doctor said of each thing: a mark, and what is behind it. */
async function examine(changes: Variables = {}, on = database) {
  const { exitCode, printed, noticed } = await runAstra(on, ['doctor'], { ...settings(on), ...changes });
  expect(noticed).toEqual([]);
  expect(printed.join('\n')).not.toContain(CANARY);
  const said: Record<string, string> = {};
  for (const line of printed) {
    const [, mark, name, text] = /^([✓!✗]) (.{14})(.*)$/.exec(line) ?? [];
    const last = Object.keys(said).at(-1);
    if (mark) said[name.trim()] = `${mark} ${text}`;
    else if (last && line.startsWith('  ')) said[last] += ` ${line.trim()}`;
    else if (line.startsWith('- ')) said['left out'] = line.replace(/^.*: /, '');
  }
  return { exitCode, said, printed };
}

/** What an installation in which all is well says of its database. */
const ofDatabase = [
  'Clock',
  'Encoding',
  'Session',
  'Statements',
  'Migrations',
  'pg_trgm',
  'Rights',
  'Retention',
  'LISTEN',
  'SECRET_KEY',
  'Administrator',
  'Second factor',
  'Passkeys',
  'API keys',
  'Webhooks',
  'Names',
  'Queue',
];

describe('astra doctor', () => {
  it('finds nothing wrong where nothing is', async () => {
    const { exitCode, said, printed } = await examine();
    expect(said).toEqual({
      Settings: '✓ valid, for production',
      Node: expect.stringMatching(/^✓ \d+\.\d+\.\d+$/),
      Threads: expect.stringMatching(/^[✓!] \d+ for \d+ cores?/),
      PUBLIC_URL: '✓ https://accounts.example',
      Proxies: '✓ X-Forwarded-For is trusted from 10.0.0.0/8',
      Files: '✓ no files with secrets',
      'Signing keys': expect.stringMatching(/^✓ HS256, \S{12} signs$/),
      Database: expect.stringMatching(
        new RegExp(
          `^[✓!] PostgreSQL \\d+ at \\S+, as ${database.serviceConnection.username}; responds in [\\d.]+ ms`,
        ),
      ),
      Clock: '✓ matches the database',
      Encoding: expect.stringMatching(/^✓ UTF8, collation \S+, character type \S+$/),
      // The server of the tests is quick instead.
      Session: expect.stringMatching(/^! synchronous_commit is off/),
      Statements: '✓ planned once per connection',
      Migrations: expect.stringMatching(/^✓ all \d+ are applied$/),
      pg_trgm: expect.stringMatching(/^✓ [\d.]+$/),
      Rights: '✓ only those that the service needs',
      Retention: expect.stringMatching(/^[✓!] audit events are kept for \d+ days, IP addresses for \d+/),
      LISTEN: '✓ notifications arrive',
      SECRET_KEY: '✓ matches the signature of the audit trail',
      Administrator: '✓ 1 active',
      'Second factor': '✓ optional; 0 accounts have one',
      Passkeys: '✓ 0 passkeys; bound to accounts.example, which must not change',
      'API keys': '✓ 0 keys',
      Webhooks: '✓ off',
      Names: '✓ no two accounts share a username or mailbox',
      Queue: '✓ no messages are waiting, no jobs were given up',
      Redis: '✓ not set: Postgres is used',
      Mail: expect.stringMatching(/^! 127\.0\.0\.1:\d+ without TLS: .* → Enable STARTTLS on the server/),
    });
    expect(exitCode).toBe(0);
    expect(printed.at(-1)).toMatch(/^\d+ ok, \d warnings?, 0 failed$/);
  });

  it('says what is wrong with the settings, and then looks at the machine only', async () => {
    const { exitCode, said } = await examine({ PORT: CANARY, SESION_MAX_AGE_DAYS: '3', SECRET_KEY: 'short' });
    expect(exitCode).toBe(1);
    expect(Object.keys(said)).toEqual(['Settings', 'Node', 'Threads']);
    expect(said.Settings).toMatch(
      /^✗ invalid.* SECRET_KEY must be .* PORT must be .* SESSION_MAX_AGE_DAYS\?.* → Correct them/,
    );
  });

  it.each<[string, Variables, RegExp]>([
    [
      'is away',
      { POSTGRES_PORT: '1' },
      /^✗ not available: .*ECONNREFUSED \S+ → Check POSTGRES_HOST and POSTGRES_PORT/,
    ],
    [
      'refuses the password',
      { POSTGRES_SERVICE_PASSWORD: CANARY },
      /^✗ not available: password authentication failed .* → Check POSTGRES_SERVICE_USER and POSTGRES_SERVICE_PASSWORD/,
    ],
    [
      'is of another name',
      { POSTGRES_DB: 'no_such_test' },
      /^✗ .*"no_such_test" does not exist → Create the database, or check its name in POSTGRES_DB\.$/,
    ],
    [
      'is away by its URL',
      { POSTGRES_HOST: '', DATABASE_URL: `postgres://ada:${CANARY}@127.0.0.1:1/astra` },
      /^✗ .*ECONNREFUSED 127\.0\.0\.1:1 → Check DATABASE_URL/,
    ],
  ])('looks at all else where the database %s', async (_, changes, expected) => {
    const { exitCode, said } = await examine(changes);
    expect(exitCode).toBe(1);
    expect(said.Database).toMatch(expected);
    expect(said['left out']).toBe(ofDatabase.join(', '));
    expect(said).toMatchObject({ Redis: expect.stringMatching(/^✓/), Mail: expect.stringMatching(/^!/) });
  });

  it('tells of tables that are missing, and of a newer version', async () => {
    const empty = await TestDatabase.create('template0');
    try {
      const { exitCode, said } = await examine({}, empty);
      expect(exitCode).toBe(1);
      expect(said.Migrations).toMatch(/^✗ (\d+) of \1 are not applied → Run astra migrate\.$/);
      expect(said.pg_trgm).toMatch(
        /^! available, but not installed in this database → astra migrate adds it/,
      );
      expect(said['left out']).toBe(
        'Retention, SECRET_KEY, Administrator, Second factor, Passkeys, API keys, Webhooks, Names, Queue',
      );
      const before = await empty.query(`SELECT relname FROM pg_class WHERE relname LIKE 'auth%'`);
      expect(before).toEqual([]);
      const atHome = await examine(
        { NODE_ENV: 'development', POSTGRES_SERVICE_USER: '', POSTGRES_SERVICE_PASSWORD: '' },
        empty,
      );
      expect(atHome.exitCode).toBe(0);
      expect(atHome.said.Migrations).toMatch(
        /^! .* → The next start applies them\. You can also run astra migrate\.$/,
      );
    } finally {
      await empty.drop();
    }
    await database.query(`INSERT INTO auth_migrations (timestamp, name) VALUES (9, 'FromTheFuture9')`);
    expect((await examine()).said.Migrations).toMatch(
      /^! 1 is unknown to this version, which can run on the tables of the newer one → Finish the upgrade/,
    );
    await database.query(`UPDATE auth_migrations SET name = 'ContractFuture9' WHERE timestamp = 9`);
    expect((await examine()).said.Migrations).toMatch(
      /^✗ this version cannot run on 1 migration of a newer version → Run the newer version\.$/,
    );
    await database.query(`DELETE FROM auth_migrations WHERE timestamp = 9`);
  });

  it('tells of a role that may not enough, or too much', async () => {
    const service = database.serviceConnection.username;
    await database.query(`REVOKE UPDATE ON auth_users FROM ${service}`);
    expect((await examine()).said.Rights).toBe(
      '✗ UPDATE on auth_users is missing → Run astra migrate, which grants POSTGRES_SERVICE_USER its privileges.',
    );
    await database.query(`GRANT UPDATE ON auth_users TO ${service}`);
    await database.query(`GRANT UPDATE ON auth_audit_chains TO ${service}`);
    expect((await examine()).said.Rights).toMatch(
      /^✗ the service could delete audit events .* → Run astra migrate/,
    );
    for (const sql of auditRights(service)) await database.query(sql);
    expect((await examine()).said.Rights).toMatch(/^✓/);
    const asOwner = await examine({ POSTGRES_SERVICE_USER: '', POSTGRES_SERVICE_PASSWORD: '' });
    expect(asOwner.said.Rights).toMatch(
      /^! the service owns its tables, so it could change the audit trail → Set POSTGRES_SERVICE_USER/,
    );
  });

  it('finds out that a pooler loses notices', async () => {
    const pooler = await startDeafPooler(database.connection);
    try {
      const { exitCode, said } = await examine({
        POSTGRES_HOST: '127.0.0.1',
        POSTGRES_PORT: String(pooler.port),
      });
      expect(said.LISTEN).toMatch(
        /^✗ notifications do not arrive: .* → Set DATABASE_DIRECT_URL, or connect without a pooler, or with one in session mode/,
      );
      expect(exitCode).toBe(1);
      expect(said.Rights).toMatch(/^✓/);
      const beside = await examine({
        POSTGRES_HOST: '127.0.0.1',
        POSTGRES_PORT: String(pooler.port),
        DATABASE_DIRECT_URL: connectionUrl(database.connection),
      });
      expect(beside.said.LISTEN).toMatch(/^✓ notifications arrive/);
    } finally {
      await pooler.close();
    }
  });

  it('compares the clocks', async () => {
    // A function of the same name that is found before that of Postgres.
    await database.query(`
      CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT pg_catalog.clock_timestamp() - interval '55 s' $$;
      ALTER DATABASE ${database.connection.database} SET search_path = public, pg_catalog`);
    try {
      const { exitCode, said } = await examine();
      // What the question takes is in favour of the clocks.
      expect(said.Clock).toMatch(/^✗ [45]\d\.\d s off the clock of the database → Synchronize the clocks/);
      expect(exitCode).toBe(1);
    } finally {
      await database.query(`
        ALTER DATABASE ${database.connection.database} RESET search_path; DROP FUNCTION public.clock_timestamp`);
    }
  });

  it('tells of a secret that is not the one of this database', async () => {
    const { said } = await examine({
      SECRET_KEY: `bm90IHRoZSBvbmUgdGhhdCB0aGlzIHdhcyBiZWd1biB3aXRo-${CANARY}`,
    });
    expect(said.SECRET_KEY).toMatch(
      /^✗ does not match the signature of the audit trail: .* → Set SECRET_KEY to the one/,
    );
  });

  it('tells of mail that waits, of jobs that were given up, and of a missing administrator', async () => {
    const job = (name: string, created: string) =>
      database.query(
        `INSERT INTO astra_jobs.job (name, source_name, created_on) VALUES ($1, 'mail', now() - $2::interval)`,
        [name, created],
      );
    await job('dead', '1 day');
    expect((await examine()).said.Queue).toMatch(
      /^! given up: 1 mail → The reasons are in the log and in the database: SELECT/,
    );
    await job('mail', '1 hour');
    expect((await examine()).said.Queue).toMatch(
      /^! 1 message is waiting to be sent, the oldest for 60 minutes → Check that a process runs/,
    );
    await database.query('DELETE FROM astra_jobs.job');

    await database.query(`UPDATE auth_users SET is_active = false`);
    expect((await examine()).said.Administrator).toBe('! none → Create one: astra create-admin');
    await database.query(`UPDATE auth_users SET is_active = true`);
  });

  it('tells who lacks a required second factor, and who cannot add one', async () => {
    const required = { SECOND_FACTOR_ROLES: 'admin' };
    expect((await examine(required)).said['Second factor']).toBe(
      '! required of admin; 0 accounts have one, 1 must add one, of which 1 cannot sign in: ' +
        'their email addresses are not verified → They verify it with the link that POST ' +
        '/auth/verify-email/request sends, or an admin changes it.',
    );
    await database.query('UPDATE auth_users SET email_verified_at = now()');
    for (const [settings, says] of [
      [required, '✓ required of admin; 0 accounts have one, 1 must add one'],
      [{ SECOND_FACTOR_ROLES: 'moderator' }, '✓ required of moderator; 0 accounts have one, 0 must add one'],
      [{ SECOND_FACTOR: 'required' }, '✓ required of all; 0 accounts have one, 1 must add one'],
      [{ SECOND_FACTOR: 'off' }, '✓ off'],
    ] as const)
      expect((await examine(settings)).said['Second factor']).toBe(says);
    const { said } = await examine({ SECOND_FACTOR: 'off', SECOND_FACTOR_ROLES: 'admin' });
    expect(said.Settings).toMatch(/^✗ .*SECOND_FACTOR_ROLES must not be set while SECOND_FACTOR is off/);
  });

  it('tells whose apps depend on a former secret, or on one that is lost', async () => {
    const next = `bm90IHRoZSBvbmUgdGhhdCB0aGlzIHdhcyBiZWd1biB3aXRo-${CANARY}`;
    const id = '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11';
    const sealed = new TotpCodes(new AuthSettings({ secretKey: SECRET_KEY })).seal('A'.repeat(32), id);
    await database.query(
      `INSERT INTO auth_totp (id, user_id, secret_sealed, name, created_at, confirmed_at)
       SELECT $1, id, $2, 'Phone', now(), now() FROM auth_users`,
      [id, sealed],
    );
    const factors = async (changes: Variables) => (await examine(changes)).said['Second factor'];
    expect(await factors({ SECOND_FACTOR_ROLES: 'admin' })).toBe(
      '✓ required of admin; 1 account has one, 0 must add one',
    );
    expect(await factors({ SECRET_KEY: next, SECRET_KEY_PREVIOUS: SECRET_KEY })).toBe(
      '! 1 authenticator app depends on SECRET_KEY_PREVIOUS → Keep it: the next code of each app encrypts ' +
        'its secret with the new SECRET_KEY.',
    );
    expect(await factors({ SECRET_KEY: next })).toMatch(
      /^✗ the secrets of 1 authenticator app cannot be decrypted: .* → Add the value of SECRET_KEY/,
    );
    expect(await factors({ SECOND_FACTOR: 'off' })).toMatch(
      /^! off, although 1 account has one: a password alone signs them in → Set SECOND_FACTOR=optional/,
    );
    await database.query('DELETE FROM auth_totp');
  });

  it('tells of passkeys that no browser would use', async () => {
    const passkeys = async (changes: Variables) => (await examine(changes)).said.Passkeys;
    const nowhere = { PUBLIC_URL: 'https://192.0.2.1' };
    expect(await passkeys(nowhere)).toBe(
      '✓ off, because https://192.0.2.1 is neither a domain with https nor localhost',
    );
    await database.query(
      `INSERT INTO auth_passkeys (id, user_id, credential_id, public_key, sign_count, uv, backup_eligible, backed_up,
                                  transports, aaguid, name, created_at)
       SELECT gen_random_uuid(), id, 'x', 'x', 0, true, true, true, '{}', gen_random_uuid(), 'Phone', now() FROM auth_users`,
    );
    expect(await passkeys(nowhere)).toMatch(/^✗ off, because .*: 1 passkey cannot be used → Set PUBLIC_URL/);
    expect(await passkeys({ PASSKEY_RP_ID: 'accounts.example' })).toMatch(/^✓ 1 passkey; bound to/);
    expect((await examine()).said['Second factor']).toBe('✓ optional; 1 account has one');
    await database.query("UPDATE auth_passkeys SET rp_id = 'accounts.example'");
    expect(await passkeys({ PASSKEY_RP_ID: 'accounts.example' })).toMatch(/^✓ 1 passkey; bound to/);
    await database.query("UPDATE auth_passkeys SET rp_id = 'former.example'");
    expect(await passkeys({ PASSKEY_RP_ID: 'accounts.example' })).toBe(
      '✗ 1 passkey, of which 1 cannot be used: not bound to accounts.example → Set PASSKEY_RP_ID to the domain at which they were added. It must not change.',
    );
    await database.query('DELETE FROM auth_passkeys');
  });

  it('tells of API keys that nobody uses, that will end, and that nothing accepts', async () => {
    const keys = async (changes?: Variables) => (await examine(changes)).said['API keys'];
    await database.query(
      `INSERT INTO auth_api_keys (id, user_id, name, token_hash, hint, scopes, created_at, expires_at)
       SELECT gen_random_uuid(), id, 'x', 'x', 'abcd', '{}', now(), now() + interval '1 day' FROM auth_users`,
    );
    expect(await keys()).toBe('✓ 1 key');
    expect(await keys({ API_KEYS: 'off' })).toMatch(/^! off, although there is 1 key: /);
    await database.query("UPDATE auth_api_keys SET created_at = now() - interval '91 days'");
    expect(await keys()).toMatch(/^! 1 key, of which 1 was not used for 90 days → Revoke those/);
    await database.query('UPDATE auth_api_keys SET last_used_at = now()');
    expect(await keys()).toBe('✓ 1 key');
    await database.query(
      `INSERT INTO auth_users (id, username, kind, role, created_at, updated_at)
       VALUES (gen_random_uuid(), 'backup', 'service', 'user', now(), now())`,
    );
    await database.query(
      "UPDATE auth_api_keys SET user_id = (SELECT id FROM auth_users WHERE username = 'backup')",
    );
    expect(await keys()).toMatch(
      /^! 1 key; 1 key of service accounts will expire within 14 days → Create new/,
    );
    await database.query("UPDATE auth_api_keys SET expires_at = now() - interval '1 day'");
    expect(await keys()).toBe('✓ 0 keys');
    await database.query('DELETE FROM auth_api_keys');
    await database.query("DELETE FROM auth_users WHERE username = 'backup'");
  });

  it('tells of webhooks that cannot be signed, that fail, and whose events wait', async () => {
    const next = `bm90IHRoZSBvbmUgdGhhdCB0aGlzIHdhcyBiZWd1biB3aXRo-${CANARY}`;
    const id = '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11';
    const secrets = new WebhookSecrets(new AuthSettings({ secretKey: SECRET_KEY }), undefined as never);
    await database.query(
      `INSERT INTO auth_webhooks (id, url, types, secret_sealed, created_at) VALUES ($1, $2, '{*}', $3, now())`,
      [id, `https://hooks.example.com/${CANARY}`, secrets.seal(secrets.create(), id)],
    );
    const webhooks = async (changes: Variables = {}) =>
      (await examine({ WEBHOOKS: 'on', ...changes })).said.Webhooks;
    expect(await webhooks({ WEBHOOKS: 'off' })).toBe(
      '! off, although 1 is enabled: no events are stored or sent → Set WEBHOOKS=on, or disable them.',
    );
    expect(await webhooks()).toBe('✓ 1 enabled, 0 deliveries are waiting');
    expect(await webhooks({ SECRET_KEY: next, SECRET_KEY_PREVIOUS: SECRET_KEY })).toMatch(
      new RegExp(`^! 1 depends on SECRET_KEY_PREVIOUS: ${id} → Keep it: the next delivery`),
    );
    expect(await webhooks({ SECRET_KEY: next })).toMatch(
      new RegExp(`^✗ the secrets of 1 webhook cannot be decrypted, .*: ${id} → Add the value of SECRET_KEY`),
    );
    await database.query(
      `WITH event AS (INSERT INTO auth_webhook_events (id, type, data, created_at) VALUES ($1, 'ping', '{}', now()))
       INSERT INTO auth_webhook_deliveries (id, webhook_id, event_id, next_attempt_at, created_at)
       VALUES ($1, $1, $1, now() - interval '20 minutes', now())`,
      [id],
    );
    expect(await webhooks()).toMatch(
      /^! 1 enabled, 1 delivery is waiting, the most delayed for 20 minutes → Check that a process runs/,
    );
    await database.query('UPDATE auth_webhooks SET failing_since = now()');
    expect(await webhooks()).toMatch(new RegExp(`^! 1 endpoint fails: ${id} → GET /admin/webhooks`));
    await database.query(`UPDATE auth_webhooks SET enabled = false, disabled_reason = 'failing'`);
    expect(await webhooks()).toMatch(
      new RegExp(`^! 1 was disabled, because nothing could be delivered: ${id} → Repair the endpoint`),
    );
    expect(await webhooks({ WEBHOOKS: 'off', SECRET_KEY: next })).toBe('✓ off');
    for (const table of ['auth_webhook_deliveries', 'auth_webhook_events', 'auth_webhooks'])
      await database.query(`DELETE FROM ${table}`);
  });

  it('looks at signing keys, and at who can read the files of secrets', async () => {
    const keys = join(dataDir, 'keys');
    await mkdir(keys);
    const asymmetric = { ALGORITHM: 'EdDSA', JWT_PRIVATE_KEYS_DIR: keys };
    expect((await examine(asymmetric)).said['Signing keys']).toMatch(
      /^✗ JWT_PRIVATE_KEYS_DIR contains no key for EdDSA/,
    );
    await writeFile(join(keys, 'bad.pem'), CANARY);
    expect((await examine(asymmetric)).said['Signing keys']).toMatch(
      /^✗ The key bad must be an unencrypted private key/,
    );
    await rm(join(keys, 'bad.pem'));

    await runAstra(database, ['rotate-keys', '--sign-after', '0'], asymmetric);
    const { said } = await examine(asymmetric);
    expect(said['Signing keys']).toMatch(/^✓ EdDSA, \S+ signs, 1 published$/);
    expect(said.Files).toBe('✓ 1 with secrets, readable only by their owner');

    await writeFile(join(dataDir, 'secret-key'), CANARY);
    await chmod(join(dataDir, 'secret-key'), 0o644);
    expect((await examine()).said.Files).toBe(
      `! readable by others: ${dataDir}/secret-key → chmod 600 ${dataDir}/secret-key`,
    );
  });

  it.each<[string, Variables, RegExp]>([
    [
      'Mail',
      { SMTP_URL: `smtp://ada:${CANARY}@127.0.0.1:1` },
      /^✗ 127\.0\.0\.1:1 is not available, so messages wait: .*ECONNREFUSED.* → Check SMTP_URL/,
    ],
    [
      'Mail',
      { SMTP_URL: '' },
      /^! not set: nobody can verify an email address or reset a password → Set SMTP_URL\.$/,
    ],
    [
      'Redis',
      { REDIS_URL: `redis://:${CANARY}@127.0.0.1:1` },
      /^✗ not available, so each instance counts on its own: .*ECONNREFUSED.* → Check REDIS_URL/,
    ],
    [
      'PUBLIC_URL',
      { PUBLIC_URL: '' },
      /^✗ links in messages lead to http:\/\/localhost:8000 → Set PUBLIC_URL/,
    ],
    [
      'PUBLIC_URL',
      { PUBLIC_URL: 'http://accounts.example' },
      /^✗ http:\/\/accounts\.example is not encrypted: .* → Serve it over https/,
    ],
    ['Proxies', { TRUSTED_PROXIES: '' }, /^! none trusted: .* → Set TRUSTED_PROXIES/],
  ])('tells of %s with %j', async (name, changes, expected) => {
    const { exitCode, said } = await examine(changes);
    expect(said[name]).toMatch(expected);
    expect(exitCode).toBe(said[name].startsWith('✗') ? 1 : 0);
  });

  it('asks the mail server for TLS, and believes no certificate that nobody vouches for', async () => {
    const untrusted = await TestSmtpServer.start({ startTls: true });
    try {
      const { said } = await examine({ SMTP_URL: untrusted.url });
      expect(said.Mail).toMatch(
        /^✗ \S+ is not available, so messages wait: .*certificate.* → Check SMTP_URL, its certificate/,
      );
      expect(untrusted.received).toEqual([]);
    } finally {
      await untrusted.stop();
    }
  });

  it('knows how many threads there are', () => {
    expect(threadPoolSize({})).toBe(4);
    expect(threadPoolSize({ UV_THREADPOOL_SIZE: '16' })).toBe(16);
  });
});
