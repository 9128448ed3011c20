import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { type Environment, loadEnvironment, readEnvironment, SettingsError, type Variables } from './env.js';
import { parseEnvFile } from './env/env-file.js';
import type { Setting } from './env/setting.js';
import { settings } from './env/settings.js';
import { legacySettingsTaken, legacySettingsRefused } from '../test/fastapi/support/legacy-settings.js';

const names = Object.keys(settings) as (keyof typeof settings)[];
const table: Record<string, Setting> = settings;
const key = 'k3y/Rh8vQ0mZ5tXwP1sLdN7bCfJ2gEyA6uT4';
const production: Variables = { NODE_ENV: 'production', SECRET_KEY: key, POSTGRES_HOST: 'db' };

const folder = mkdtempSync(join(tmpdir(), 'env-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const parse = (text: string) => parseEnvFile(Buffer.from(text)).values;

/** What stops a start with these variables, line by line; none if it does not stop. */
function problemsOf(read: () => Environment): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

const refusals = (variables: Variables, ownNames?: string[]) =>
  problemsOf(() => readEnvironment(variables, { ownNames }));

describe('the table of settings', () => {
  it('has every name of the contract', () => {
    const contract = `SECRET_KEY POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB POSTGRES_HOST POSTGRES_PORT DATABASE_URL
      POSTGRES_TEST_USER POSTGRES_TEST_PASSWORD POSTGRES_TEST_DB POSTGRES_TEST_HOST POSTGRES_TEST_PORT
      ACCESS_TOKEN_EXPIRE_MINUTES REFRESH_TOKEN_EXPIRE_MINUTES SESSION_MAX_AGE_DAYS REFRESH_REUSE_GRACE_SECONDS
      PORT HOST PUBLIC_URL PASSWORD_HASH PASSWORD_POLICY EMAIL_VERIFICATION REGISTRATION_PRIVACY SMTP_URL MAIL_FROM
      REDIS_URL RATE_LIMIT TRUSTED_PROXIES CORS_ORIGINS DOCS LOG_LEVEL METRICS_PORT ALGORITHM JWT_PRIVATE_KEYS_DIR
      LEGACY_SECRET_KEY LEGACY_TOKENS_UNTIL
      JWT_ISSUER JWT_AUDIENCE ADMIN_USERNAME ADMIN_EMAIL ADMIN_PASSWORD DATA_DIR NODE_ENV SECRET_KEY_PREVIOUS
      REFRESH_COOKIE MAIL_LANGUAGE MAIL_COLOR WORKER POSTGRES_SERVICE_USER POSTGRES_SERVICE_PASSWORD
      AUDIT_ADDRESSES_DAYS AUDIT_RETENTION_DAYS METRICS_HOST SMTP_TLS SHUTDOWN_DELAY_SECONDS POSTGRES_SSLMODE
      POSTGRES_SSLROOTCERT`;
    expect([...names].sort()).toEqual(contract.split(/\s+/).sort());
  });

  it('takes every secret from a file too', () => {
    expect(names.filter((name) => table[name].secret)).toEqual([
      'SECRET_KEY',
      'POSTGRES_PASSWORD',
      'POSTGRES_TEST_PASSWORD',
      'POSTGRES_SERVICE_PASSWORD',
      'DATABASE_URL',
      'SECRET_KEY_PREVIOUS',
      'LEGACY_SECRET_KEY',
      'SMTP_URL',
      'REDIS_URL',
      'ADMIN_PASSWORD',
    ]);
  });

  it.each(names.filter((name) => table[name].default))(
    'has a default for %s that it takes itself',
    (name) => {
      expect(table[name].is.parse(table[name].default ?? '')).toBeDefined();
    },
  );
});

describe('.env.example', () => {
  const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');

  it('names every setting and nothing else, those of the original first', () => {
    const assigned = [...example.matchAll(/^(?:# )?(\w+)=/gm)].map(([, name]) => name);
    expect(assigned).toEqual(names);
    expect(Object.keys(parse(example)).join()).toBe(names.slice(0, 9).join());
    expect(names.slice(0, 4).join()).toBe('SECRET_KEY,POSTGRES_USER,POSTGRES_PASSWORD,POSTGRES_DB');
  });

  it.each(names)('says of %s what the table says', (name) => {
    const { is, means, secret, example: value, default: standIn, unset } = table[name];
    const lines = [
      `# ${means}${secret ? ` Also as ${name}_FILE.` : ''}`,
      `# May be ${is.mayBe}.`,
      `# ${standIn === undefined ? `Unset: ${unset}` : `Default: ${standIn}`}.`,
      value === undefined ? `# ${name}=${standIn ?? ''}` : `${name}=${value}`,
    ];
    expect(example).toContain(`\n${lines.join('\n')}\n`);
  });

  it('starts development as it is, and with every line uncommented', () => {
    expect(refusals(parse(example), names)).toEqual([]);
    expect(refusals(parse(example.replace(/^# (\w+=)/gm, '$1')), names)).toEqual([]);
  });

  it('does not start production', () => {
    expect(refusals({ ...parse(example), NODE_ENV: 'production', POSTGRES_HOST: 'db' }, names)).toEqual([
      'SECRET_KEY must not be an example or a pattern in production: 32 bytes or more from a random generator (openssl rand -base64 32)',
      'POSTGRES_PASSWORD must not be the example in production',
      'POSTGRES_SERVICE_PASSWORD must not be the example in production',
    ]);
  });
});

describe('readEnvironment', () => {
  it('has the defaults of the contract', () => {
    expect(readEnvironment({})).toEqual({
      production: false,
      warnings: [],
      host: '127.0.0.1',
      port: 8000,
      trustedProxies: [],
      corsOrigins: [],
      docs: true,
      logLevel: 'info',
      metricsPort: undefined,
      metricsHost: '127.0.0.1',
      shutdownDelay: 0,
      dataDir: resolve('data'),
      rateLimit: true,
      redisUrl: undefined,
      mail: {
        smtpUrl: undefined,
        smtpTls: undefined,
        language: 'en',
        color: '#1f4fd8',
        from: 'Astra <no-reply@localhost>',
      },
      database: { embedded: true, username: 'astra', password: undefined, database: 'astra' },
      serviceRole: undefined,
      testDatabase: undefined,
      admin: undefined,
      fastapi: { legacyTokens: undefined },
      auth: {
        secretKey: undefined,
        previousSecretKeys: [],
        publicUrl: 'http://localhost:8000',
        accessTokenTtl: 900,
        sessionIdleTtl: 604_800,
        sessionMaxTtl: 2_592_000,
        refreshReuseGrace: 10,
        refreshCookie: false,
        passwordHash: 'argon2id',
        passwordPolicy: 'classic',
        auditAddressDays: 90,
        auditRetentionDays: 365,
        emailVerification: 'optional',
        registrationPrivacy: 'open',
        algorithm: 'HS256',
        jwtPrivateKeysDir: undefined,
        worker: true,
        issuer: 'astra',
        audience: 'astra',
      },
    });
  });

  it('lets others than this machine in only in production, or where HOST says so', () => {
    expect(readEnvironment({}).host).toBe('127.0.0.1');
    expect(readEnvironment({ NODE_ENV: 'test' }).host).toBe('127.0.0.1');
    expect(readEnvironment(production).host).toBe('0.0.0.0');
    expect(readEnvironment({ ...production, HOST: '127.0.0.1' }).host).toBe('127.0.0.1');
  });

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('warns not of HOST=%s in development', (HOST) => {
    expect(readEnvironment({ HOST }).warnings).toEqual([]);
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'dev.example.com'])('warns of HOST=%s in development', (HOST) => {
    const { warnings } = readEnvironment({ HOST });
    expect(warnings).toEqual([
      expect.stringMatching(/^HOST makes a development service reachable from other machines/),
    ]);
  });

  it('serves no docs in production unless told to', () => {
    expect(readEnvironment(production)).toMatchObject({ production: true, docs: false });
    expect(readEnvironment({ ...production, DOCS: 'on' }).docs).toBe(true);
  });

  it('answers an object that cannot be changed', () => {
    const environment = readEnvironment({ TRUSTED_PROXIES: '10.0.0.1' });
    for (const part of [environment, environment.auth, environment.database, environment.trustedProxies]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  const admin = { ADMIN_USERNAME: 'ada', ADMIN_EMAIL: 'ada@example.com', ADMIN_PASSWORD: 'Engine1843' };
  const onServer = { POSTGRES_HOST: 'db' };
  const onTestServer = { POSTGRES_TEST_HOST: 'db' };
  type Pick = (environment: Environment) => unknown;
  const inDatabase: Pick = ({ database }) => ('host' in database ? Object.values(database) : undefined);
  const tls: Pick = ({ database }) => ('ssl' in database ? database.ssl : undefined);
  const inTestDatabase: Pick = ({ testDatabase }) => testDatabase && Object.values(testDatabase);

  /** Name, a text, how it is read, what goes with it. */
  const good: [(typeof names)[number], string, Pick, unknown, Variables?][] = [
    ['SECRET_KEY', key, (e) => e.auth.secretKey, key],
    ['SECRET_KEY', 'ключ'.repeat(4), (e) => e.auth.secretKey, 'ключ'.repeat(4)],
    ['SECRET_KEY_PREVIOUS', key, (e) => e.auth.previousSecretKeys, [key]],
    ...legacySettingsTaken,
    ['POSTGRES_USER', 'Ada L', inDatabase, ['db', 5432, 'Ada L', undefined, 'astra'], onServer],
    ['POSTGRES_PASSWORD', ' p#%@ ', inDatabase, ['db', 5432, 'astra', ' p#%@ ', 'astra'], onServer],
    ['POSTGRES_DB', 'accounts', inDatabase, ['db', 5432, 'astra', undefined, 'accounts'], onServer],
    ['POSTGRES_HOST', 'my_db.internal', inDatabase, ['my_db.internal', 5432, 'astra', undefined, 'astra']],
    [
      'POSTGRES_HOST',
      '/var/run/postgresql',
      inDatabase,
      ['/var/run/postgresql', 5432, 'astra', undefined, 'astra'],
    ],
    ['POSTGRES_HOST', '::1', inDatabase, ['::1', 5432, 'astra', undefined, 'astra']],
    ['POSTGRES_PORT', '5433', inDatabase, ['db', 5433, 'astra', undefined, 'astra'], onServer],
    ['POSTGRES_SSLMODE', 'disable', tls, undefined, onServer],
    ['POSTGRES_SSLMODE', 'require', tls, { rejectUnauthorized: false }, onServer],
    ['POSTGRES_SSLMODE', 'verify-full', tls, { ca: undefined }, onServer],
    [
      'POSTGRES_SSLROOTCERT',
      file('root.pem', rootCertificates[0]),
      tls,
      { ca: rootCertificates[0] },
      { ...onServer, POSTGRES_SSLMODE: 'verify-full' },
    ],
    ['DATABASE_URL', 'postgres://u:p%40@db/x', (e) => e.database, { url: 'postgres://u:p%40@db/x' }],
    ['DATABASE_URL', 'postgresql:///x?host=/tmp', (e) => e.database, { url: 'postgresql:///x?host=/tmp' }],
    ['POSTGRES_SERVICE_USER', 'app', (e) => e.serviceRole, { username: 'app' }],
    [
      'POSTGRES_SERVICE_PASSWORD',
      'p',
      (e) => e.serviceRole,
      { username: 'app', password: 'p' },
      { POSTGRES_SERVICE_USER: 'app' },
    ],
    ['POSTGRES_TEST_USER', 'u', inTestDatabase, ['db', 5432, 'u', undefined, 'astra_test'], onTestServer],
    ['POSTGRES_TEST_PASSWORD', 'p', inTestDatabase, ['db', 5432, 'astra', 'p', 'astra_test'], onTestServer],
    ['POSTGRES_TEST_DB', 'x_test', inTestDatabase, ['db', 5432, 'astra', undefined, 'x_test'], onTestServer],
    ['POSTGRES_TEST_DB', 'test_db', inTestDatabase, undefined],
    ['POSTGRES_TEST_HOST', '10.0.0.1', inTestDatabase, ['10.0.0.1', 5432, 'astra', undefined, 'astra_test']],
    ['POSTGRES_TEST_PORT', '1', inTestDatabase, ['db', 1, 'astra', undefined, 'astra_test'], onTestServer],
    ['NODE_ENV', 'test', (e) => e.production, false],
    ['NODE_ENV', 'production', (e) => e.production, true, production],
    ['HOST', '127.0.0.1', (e) => e.host, '127.0.0.1'],
    ['HOST', '::', (e) => e.host, '::'],
    ['PORT', '0', (e) => e.port, 0],
    ['PORT', '65535', (e) => e.auth.publicUrl, 'http://localhost:65535'],
    ['PUBLIC_URL', 'https://Accounts.example.com/', (e) => e.auth.publicUrl, 'https://accounts.example.com'],
    ['PUBLIC_URL', 'http://x.example:81/a/b//', (e) => e.auth.publicUrl, 'http://x.example:81/a/b'],
    ['PUBLIC_URL', 'https://x.example', (e) => e.mail.from, 'Astra <no-reply@x.example>'],
    [
      'TRUSTED_PROXIES',
      '10.0.0.0/8, ::1,fd00::/8',
      (e) => e.trustedProxies,
      ['10.0.0.0/8', '::1', 'fd00::/8'],
    ],
    [
      'CORS_ORIGINS',
      'https://a.example, http://localhost:3000',
      (e) => e.corsOrigins,
      ['https://a.example', 'http://localhost:3000'],
    ],
    ['DOCS', 'off', (e) => e.docs, false],
    ['LOG_LEVEL', 'trace', (e) => e.logLevel, 'trace'],
    ['METRICS_PORT', '9100', (e) => e.metricsPort, 9100],
    ['METRICS_PORT', '0', (e) => e.metricsPort, 0, { PORT: '0' }],
    ['SHUTDOWN_DELAY_SECONDS', '15', (e) => e.shutdownDelay, 15],
    ['NODE_ENV', 'production', (e) => e.shutdownDelay, 5, production],
    ['METRICS_HOST', '10.0.0.1', (e) => e.metricsHost, '10.0.0.1'],
    ['HOST', '10.0.0.1', (e) => e.metricsHost, '10.0.0.1'],
    ['DATA_DIR', './no/such/yet', (e) => e.dataDir, resolve('no/such/yet')],
    ['DATA_DIR', tmpdir(), (e) => e.dataDir, tmpdir()],
    ['ACCESS_TOKEN_EXPIRE_MINUTES', '1', (e) => e.auth.accessTokenTtl, 60],
    ['REFRESH_TOKEN_EXPIRE_MINUTES', '16', (e) => e.auth.sessionIdleTtl, 960],
    ['REFRESH_TOKEN_EXPIRE_MINUTES', '43200', (e) => e.auth.sessionIdleTtl, 2_592_000],
    ['SESSION_MAX_AGE_DAYS', '400', (e) => e.auth.sessionMaxTtl, 34_560_000],
    ['REFRESH_REUSE_GRACE_SECONDS', '0', (e) => e.auth.refreshReuseGrace, 0],
    ['REFRESH_REUSE_GRACE_SECONDS', '30', (e) => e.auth.refreshReuseGrace, 30],
    ['REFRESH_COOKIE', 'on', (e) => e.auth.refreshCookie, { origins: [] }],
    [
      'REFRESH_COOKIE',
      'on',
      (e) => e.auth.refreshCookie,
      { origins: ['https://a.example'] },
      { CORS_ORIGINS: 'https://a.example' },
    ],
    ['PASSWORD_HASH', 'pbkdf2-sha256', (e) => e.auth.passwordHash, 'pbkdf2-sha256'],
    ['PASSWORD_POLICY', 'nist', (e) => e.auth.passwordPolicy, 'nist'],
    ['EMAIL_VERIFICATION', 'required', (e) => e.auth.emailVerification, 'required'],
    ['REGISTRATION_PRIVACY', 'strict', (e) => e.auth.registrationPrivacy, 'strict'],
    ['AUDIT_ADDRESSES_DAYS', '30', (e) => e.auth.auditAddressDays, 30],
    ['AUDIT_RETENTION_DAYS', '3650', (e) => e.auth.auditRetentionDays, 3650],
    ['RATE_LIMIT', 'off', (e) => e.rateLimit, false],
    ['ALGORITHM', 'EdDSA', (e) => e.auth.algorithm, 'EdDSA', { JWT_PRIVATE_KEYS_DIR: tmpdir() }],
    ['JWT_PRIVATE_KEYS_DIR', tmpdir(), (e) => e.auth.jwtPrivateKeysDir, tmpdir()],
    ['JWT_ISSUER', 'https://id.example', (e) => e.auth.issuer, 'https://id.example'],
    ['JWT_AUDIENCE', 'shop', (e) => e.auth.audience, 'shop'],
    ['SMTP_URL', 'smtps://u:p@mail:465/?pool=true', (e) => e.mail.smtpUrl, 'smtps://u:p@mail:465/?pool=true'],
    ['SMTP_TLS', 'opportunistic', (e) => e.mail.smtpTls, 'opportunistic'],
    ['MAIL_FROM', 'a@b.example', (e) => e.mail.from, 'a@b.example'],
    ['MAIL_FROM', 'Ada L <ada@localhost>', (e) => e.mail.from, 'Ada L <ada@localhost>'],
    ['MAIL_LANGUAGE', 'de', (e) => e.mail.language, 'de'],
    ['MAIL_COLOR', 'C0FFEE', (e) => e.mail.color, '#C0FFEE'],
    ['WORKER', 'off', (e) => e.auth.worker, false],
    ['REDIS_URL', 'rediss://:p@cache:6380/1', (e) => e.redisUrl, 'rediss://:p@cache:6380/1'],
    ['ADMIN_USERNAME', 'a.b-c_1', (e) => e.admin?.username, 'a.b-c_1', admin],
    ['ADMIN_EMAIL', 'a+b@example.com', (e) => e.admin?.email, 'a+b@example.com', admin],
    ['ADMIN_PASSWORD', '        ', (e) => e.admin?.password, '        ', admin],
    ['ADMIN_PASSWORD', '🔑'.repeat(128), (e) => e.admin?.password, '🔑'.repeat(128), admin],
  ];

  it.each(good)('takes %s=%j', (name, given, pick, expected, others = {}) => {
    expect(pick(readEnvironment({ ...others, [name]: given }))).toEqual(expected);
  });

  const wrongNumbers = [
    '1e3',
    '0x10',
    '+5',
    '-1',
    ' 5',
    '5 ',
    '5.0',
    '05',
    '5_0',
    '٥',
    'five',
    '99999999999999999',
  ];
  const wrongHosts = ['localhost:80', 'http://x', 'a b', '-x', 'x/y', '[::1]'];
  const wrongUrls = ['x', '/x', 'http://x', '//x/y'];
  const bad: Record<(typeof names)[number], string[]> = {
    SECRET_KEY: ['secret', 'x'.repeat(31), 'é'.repeat(15)],
    SECRET_KEY_PREVIOUS: ['secret', 'x'.repeat(31)],
    ...legacySettingsRefused,
    POSTGRES_USER: [' u', 'u\n', 'u'.repeat(64)],
    POSTGRES_PASSWORD: ['a\0b', 'p'.repeat(1025)],
    POSTGRES_SERVICE_USER: [' u', 'u\n', 'u'.repeat(64)],
    POSTGRES_SERVICE_PASSWORD: ['a\0b', 'p'.repeat(1025)],
    POSTGRES_DB: ['d ', 'd\u0007', 'd'.repeat(64)],
    POSTGRES_HOST: [...wrongHosts, 'a,b', './socket'],
    POSTGRES_PORT: [...wrongNumbers, '0', '65536', 'tcp://db:5432', 'tcp://10.0.0.1'],
    POSTGRES_SSLMODE: ['prefer', 'allow', 'on', 'true', 'Require', 'verify_full'],
    POSTGRES_SSLROOTCERT: ['no/such/file', '/dev/null', '/', 'package.json'],
    DATABASE_URL: [
      ...wrongUrls,
      'postgresql+asyncpg://u:p@db/x',
      'postgres:/db/x',
      'postgres:///x',
      'postgres://u:p#w@db/x',
      'postgres://db/x#y',
      'postgres://u:p%w@db/x',
      'postgres://u:p w@db/x',
      'postgres://db:99999/x',
    ],
    POSTGRES_TEST_USER: [' u', 'u'.repeat(64)],
    POSTGRES_TEST_PASSWORD: ['a\0b'],
    POSTGRES_TEST_DB: ['d ', 'd'.repeat(64)],
    POSTGRES_TEST_HOST: wrongHosts,
    POSTGRES_TEST_PORT: [...wrongNumbers, '0', '65536'],
    NODE_ENV: ['prod', 'Production', 'production ', 'staging'],
    HOST: [...wrongHosts, '/tmp'],
    PORT: [...wrongNumbers, '65536', '80:80'],
    PUBLIC_URL: [
      'example.com',
      'ftp://x.example',
      'http:x.example',
      'https://',
      'https://u:p@x.example',
      'https://x.example/?a',
      'https://x.example?',
      'https://x.example/#a',
      'https://x.example/a/../b',
      'https://x.example/a/%2E%2e',
      'https://x.example\\a',
      'https://x.example/ ',
    ],
    TRUSTED_PROXIES: [
      'true',
      '1',
      'loopback',
      '*',
      '10.0.0.0/0',
      '::/0',
      '10.0.0.0/33',
      'fd00::/129',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0.0/255.0.0.0',
      '10.0.0',
      '010.0.0.1',
      'fe80::1%eth0',
      '10.0.0.1,',
      '10.0.0.1 10.0.0.2',
    ],
    CORS_ORIGINS: [
      '*',
      'null',
      'a.example',
      'https://a.example/',
      'https://a.example/x',
      'https://*.a.example',
      'https://a.example:443',
      'https://A.example',
      'file:///x',
      'https://a.example,,https://b.example',
      'https://a.example,*',
    ],
    DOCS: ['true', '1', 'ON', 'yes'],
    LOG_LEVEL: ['verbose', 'INFO', '30'],
    METRICS_PORT: [...wrongNumbers, '65536', 'off'],
    SHUTDOWN_DELAY_SECONDS: [...wrongNumbers, '16'],
    METRICS_HOST: [...wrongHosts, '/tmp'],
    DATA_DIR: [' ', 'a\0b', '/dev/null', '/dev/null/x'],
    ACCESS_TOKEN_EXPIRE_MINUTES: [...wrongNumbers, '0', '1441'],
    REFRESH_TOKEN_EXPIRE_MINUTES: [...wrongNumbers, '0', '576001'],
    SESSION_MAX_AGE_DAYS: [...wrongNumbers, '0', '401'],
    REFRESH_REUSE_GRACE_SECONDS: [...wrongNumbers, '31'],
    REFRESH_COOKIE: ['true', 'Strict'],
    PASSWORD_HASH: ['bcrypt', 'Argon2id', 'toString'],
    PASSWORD_POLICY: ['none', 'classic,nist'],
    EMAIL_VERIFICATION: ['on', 'true'],
    REGISTRATION_PRIVACY: ['on', 'closed'],
    AUDIT_ADDRESSES_DAYS: [...wrongNumbers, '1', '36501'],
    AUDIT_RETENTION_DAYS: [...wrongNumbers, '30', '36501'],
    RATE_LIMIT: ['0', 'false', 'on '],
    ALGORITHM: ['none', 'HS512', 'hs256', 'RS256 '],
    JWT_PRIVATE_KEYS_DIR: ['no/such/yet', '/dev/null'],
    JWT_ISSUER: [' x', 'a\nb', 'x'.repeat(256)],
    JWT_AUDIENCE: ['x ', 'x'.repeat(256)],
    SMTP_URL: [...wrongUrls, 'smtp://', 'smtp:mail', 'smtp://u:p#@mail', 'smtp://?host=/tmp'],
    SMTP_TLS: ['on', 'starttls', 'Required'],
    MAIL_FROM: [
      'Astra',
      'a@b.example\r\nBcc: c@d.example',
      'Astra <a@b.example',
      '@b.example',
      '<a@b.example>',
    ],
    MAIL_LANGUAGE: ['fr', 'EN', 'de-DE'],
    MAIL_COLOR: ['#1f4fd8', 'red', '1f4fd', 'url(x)'],
    WORKER: ['0', 'no'],
    REDIS_URL: [...wrongUrls, 'redis://', 'valkey://cache', 'redis://cache:x'],
    ADMIN_USERNAME: ['ad', 'a'.repeat(51), 'ada lovelace', 'ada@example.com'],
    ADMIN_EMAIL: ['ada', 'ada@localhost', '"a x"@b.example', 'a@[127.0.0.1]', `${'a'.repeat(250)}@b.co`],
    ADMIN_PASSWORD: ['Short12', 'x'.repeat(129), 'é'.normalize('NFD').repeat(7)],
  };

  const breaks = ['\n', '\r\n', '\r'];
  const links = ['tcp://10.96.0.12:5432', 'udp://10.96.0.12:53', 'tcp://[fd00::12]:5432'];
  /** As programs and people leave a value that goes through shells, secrets and files. */
  const odd = (text: string) => [
    ...breaks.map((end) => text + end),
    ...[
      ` ${text}`,
      `${text} `,
      `\t${text}`,
      `"${text}"`,
      `'${text}'`,
      `${text}#x`,
      `${text} # x`,
      `#${text}`,
    ],
    ...['', ' ', '\n', ...links],
  ];
  type Outcome = { problems: readonly string[] } | { value: unknown; warnings: readonly string[] };
  const outcomeOf = (variables: Variables, pick: Pick): Outcome => {
    const problems = refusals(variables);
    if (problems.length > 0) return { problems };
    const environment = readEnvironment(variables);
    return { value: pick(environment), warnings: environment.warnings };
  };

  it.each(good)(
    'takes odd forms of %s=%j rightly, or says so by its name',
    (name, text, pick, expected, others = {}) => {
      const unset = outcomeOf({ ...others, [name]: '' }, pick);
      for (const given of odd(text)) {
        const variables = { ...others, [name]: given };
        const outcome = outcomeOf(variables, pick);
        const isLink = links.includes(given) && name.endsWith('_PORT');
        if (given === '') continue;
        if (isLink) {
          expect(outcome).toMatchObject('value' in unset ? { value: unset.value } : unset);
          if ('warnings' in outcome)
            expect(outcome.warnings).toContainEqual(
              expect.stringMatching(`^Ignored Kubernetes service links.*: ${name}\\. `),
            );
        } else if ('problems' in outcome) {
          expect([given, outcome.problems[0]]).toEqual([given, expect.stringMatching(`^${name} `)]);
        } else {
          // As it should be, or as it stands there: without the line break that ends a secret.
          const literal = table[name].secret ? given.replace(/(\r\n|\n|\r)$/, '') : given;
          const asWritten = JSON.stringify(outcome.value ?? null).includes(
            JSON.stringify(literal.replace(/^\.\//, '')).slice(1, -1),
          );
          expect([given, asWritten || outcome.value]).toEqual([given, asWritten || expected]);
          expect(table[name].secret || !/[\r\n]/.test(String(outcome.value))).toBe(true);
        }
        if (table[name].secret && given.trim())
          expect([
            given,
            outcomeOf({ ...others, [name]: '', [`${name}_FILE`]: file('odd', given) }, pick),
          ]).toEqual([given, outcome]);
      }
    },
  );

  it('is tried with every setting', () => {
    expect(new Set(good.map(([name]) => name))).toEqual(new Set(names));
  });

  it.each(names.flatMap((name) => bad[name].map((given) => [name, given] as const)))(
    'refuses %s=%j, saying what it may be',
    (name, given) => {
      const others = name.startsWith('ADMIN_') ? admin : {};
      expect(refusals({ ...others, [name]: given })).toEqual([`${name} must be ${table[name].is.mayBe}`]);
    },
  );

  it.each(names)('takes an empty %s as unset', (name) => {
    expect(readEnvironment({ [name]: '', ...(table[name].secret && { [`${name}_FILE`]: '' }) })).toEqual(
      readEnvironment({}),
    );
  });

  it('refuses a blank for all but the passwords of databases', () => {
    const accepted = names.filter((name) => table[name].is.parse(' ') !== undefined);
    expect(accepted).toEqual(['POSTGRES_PASSWORD', 'POSTGRES_TEST_PASSWORD', 'POSTGRES_SERVICE_PASSWORD']);
  });

  it('names all that is wrong at once, a line each, and never a value', () => {
    const variables = Object.fromEntries(
      [...names, 'ASTRA_X', 'JWT_ISSUERS'].map((name) => [name, 'canary\0']),
    );
    expect(() => readEnvironment(variables)).toThrow(SettingsError);
    const problems = refusals(variables, ['ASTRA_X']);
    expect(problems.map((line) => line.split(' ')[0])).toEqual([...names, 'ASTRA_X', 'JWT_ISSUERS']);
    expect(new SettingsError(problems).message.split('\n')).toHaveLength(problems.length + 1);
    expect(problems.join('\n')).not.toContain('canary');
  });
});

describe('settings that do not go together', () => {
  const everywhere: [string, Variables, string][] = [
    [
      'an access token that outlives its session',
      { ACCESS_TOKEN_EXPIRE_MINUTES: '60', REFRESH_TOKEN_EXPIRE_MINUTES: '60' },
      'REFRESH_TOKEN_EXPIRE_MINUTES must be more than ACCESS_TOKEN_EXPIRE_MINUTES',
    ],
    [
      'an idle time above the age of a session',
      { REFRESH_TOKEN_EXPIRE_MINUTES: '1441', SESSION_MAX_AGE_DAYS: '1' },
      'REFRESH_TOKEN_EXPIRE_MINUTES must be at most the minutes of SESSION_MAX_AGE_DAYS',
    ],
    ['one port for two', { PORT: '9100', METRICS_PORT: '9100' }, 'METRICS_PORT must differ from PORT'],
    [
      'two databases',
      { DATABASE_URL: 'postgres://db/x', POSTGRES_HOST: 'db' },
      'DATABASE_URL and POSTGRES_HOST must not both be set',
    ],
    [
      'a database of tests that may be a real one',
      { POSTGRES_TEST_HOST: 'db', POSTGRES_TEST_DB: 'accounts' },
      'POSTGRES_TEST_DB must end in _test, because the tests empty it',
    ],
    [
      'a key pair without its directory',
      { ALGORITHM: 'ES256' },
      'JWT_PRIVATE_KEYS_DIR must be set, unless ALGORITHM is HS256',
    ],
  ];
  it.each(everywhere)('are refused: %s', (_, variables, line) => {
    expect(refusals(variables)).toEqual([line]);
    expect(refusals({ ...production, ...variables })).toContain(line);
  });

  it('are refused: part of an administrator', () => {
    const together = 'must be set, as ADMIN_USERNAME, ADMIN_EMAIL, ADMIN_PASSWORD go together';
    expect(refusals({ ADMIN_USERNAME: 'ada' })).toEqual([
      `ADMIN_EMAIL ${together}`,
      `ADMIN_PASSWORD ${together}`,
    ]);
    expect(refusals({ ADMIN_EMAIL: 'a@b.example', ADMIN_PASSWORD: 'Engine1843' })).toEqual([
      `ADMIN_USERNAME ${together}`,
    ]);
  });

  it('are taken if DATABASE_URL only makes POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB idle', () => {
    const account = { POSTGRES_USER: 'u', POSTGRES_PASSWORD: 'p', POSTGRES_DB: 'd' };
    const { database } = readEnvironment({ ...account, DATABASE_URL: 'postgres://db/x' });
    expect(database).toEqual({ url: 'postgres://db/x' });
  });
});

describe('production', () => {
  const careful = {
    ...production,
    POSTGRES_SSLMODE: 'verify-full',
    PUBLIC_URL: 'https://accounts.example',
    SMTP_URL: 'smtp://mail',
  };
  const url = (DATABASE_URL: string) => ({ POSTGRES_HOST: '', POSTGRES_SSLMODE: '', DATABASE_URL });

  it('has nothing to warn of where everything is as it should be', () => {
    expect(readEnvironment(careful).warnings).toEqual([]);
    expect(readEnvironment({ ...careful, REFRESH_COOKIE: 'on' }).warnings).toEqual([]);
  });

  it.each<[string, Variables, string[]]>([
    ['no public address', { PUBLIC_URL: '' }, ['PUBLIC_URL']],
    ['an address without TLS', { PUBLIC_URL: 'http://accounts.example' }, ['PUBLIC_URL']],
    [
      'a cookie that browsers will not take',
      { PUBLIC_URL: 'http://accounts.example', REFRESH_COOKIE: 'on' },
      ['PUBLIC_URL', 'REFRESH_COOKIE'],
    ],
    ['a site without TLS', { CORS_ORIGINS: 'https://a.example,http://b.example' }, ['CORS_ORIGINS']],
    ['no mail', { SMTP_URL: '' }, ['SMTP_URL']],
    ['no limits', { RATE_LIMIT: 'off' }, ['RATE_LIMIT']],
    ['mail that may go in clear', { SMTP_TLS: 'opportunistic' }, ['SMTP_TLS']],
    ['a Redis in clear', { REDIS_URL: 'redis://:p@cache' }, ['REDIS_URL']],
    ['a database in clear', url('postgres://u:p@db/x'), ['DATABASE_URL']],
    ['a database that anybody may pass for', url('postgres://u:p@db/x?sslmode=no-verify'), ['DATABASE_URL']],
    ['a database in clear by its parts', { POSTGRES_SSLMODE: 'disable' }, ['POSTGRES_HOST']],
    ['a database that nobody checks', { POSTGRES_SSLMODE: 'require' }, ['POSTGRES_HOST']],
    ['a database at an address', { POSTGRES_SSLMODE: '', POSTGRES_HOST: '2001:db8::5' }, ['POSTGRES_HOST']],
    ['a database whose host is a parameter', url('postgres:///x?host=db'), ['DATABASE_URL']],
    ['a database that goes round the host', url('postgres://localhost/x?host=db'), ['DATABASE_URL']],
    [
      'a certificate that is not checked',
      url('postgres://u:p@db/x?sslmode=require&uselibpqcompat=true'),
      ['DATABASE_URL'],
    ],
    ['metrics for everybody', { METRICS_PORT: '9100' }, ['METRICS_HOST']],
    ['documentation', { DOCS: 'on' }, ['DOCS']],
    ['a chatty log', { LOG_LEVEL: 'trace' }, ['LOG_LEVEL']],
    ['a key that follows itself', { SECRET_KEY_PREVIOUS: key }, ['SECRET_KEY_PREVIOUS']],
  ])('warns of %s', (_, variables, named) => {
    const { warnings } = readEnvironment({ ...careful, ...variables });
    expect(warnings.map((line) => line.split(' ', 1)[0])).toEqual(named);
    expect(warnings.join()).not.toContain(key);
  });

  it.each<[string, Variables]>([
    [
      'servers on this machine',
      { SMTP_URL: 'smtp://localhost', SMTP_TLS: 'opportunistic', REDIS_URL: 'redis://[::1]' },
    ],
    [
      'TLS from the first byte',
      { SMTP_URL: 'smtps://mail', SMTP_TLS: 'opportunistic', REDIS_URL: 'rediss://cache' },
    ],
    ['a socket', url('postgres:///x?host=/tmp')],
    ['a socket in the place of a host', url('postgres://u:p@%2Frun%2Fpostgresql/x')],
    ['a socket by its parts', { POSTGRES_SSLMODE: '', POSTGRES_HOST: '/run/postgresql' }],
    ['a server here by its parts', { POSTGRES_SSLMODE: '', POSTGRES_HOST: '::1' }],
    ['TLS without a mode', url('postgres://u:p@db/x?ssl=true')],
    ['a database here', url('postgres://u:p@127.0.0.1/x')],
    ['a database that is verified', url('postgres://u:p@db/x?sslmode=verify-full')],
  ])('warns not of %s', (_, variables) => {
    expect(readEnvironment({ ...careful, ...variables }).warnings).toEqual([]);
  });

  /** Every setting that names a machine to connect to, as another machine and without TLS. */
  const inClear: Record<string, Variables> = {
    DATABASE_URL: url('postgres://db.example/x'),
    POSTGRES_HOST: { POSTGRES_HOST: 'db.example', POSTGRES_SSLMODE: '' },
    REDIS_URL: { REDIS_URL: 'redis://cache.example' },
    SMTP_URL: { SMTP_URL: 'smtp://mail.example', SMTP_TLS: 'opportunistic' },
  };
  /** What clients connect to, and the server of the tests. */
  const others = ['PUBLIC_URL', 'HOST', 'METRICS_HOST', 'POSTGRES_TEST_HOST'];

  it.each(Object.keys(table).filter((name) => /(^|_)(URL|HOST)$/.test(name) && !others.includes(name)))(
    'warns of %s if it leads to another machine without TLS',
    (name) => {
      expect(inClear).toHaveProperty(name);
      expect(readEnvironment({ ...careful, ...inClear[name] }).warnings).toHaveLength(1);
    },
  );

  it('is no matter of development', () => {
    expect(readEnvironment({ RATE_LIMIT: 'off', DOCS: 'on', NODE_OPTIONS: '--inspect' }).warnings).toEqual(
      [],
    );
  });

  it.each<[string, Variables]>([
    ['NODE_TLS_REJECT_UNAUTHORIZED', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }],
    ['NODE_OPTIONS', { NODE_OPTIONS: '--max-old-space-size=512 --inspect=0.0.0.0:9229' }],
    ['SECRET_KEY_PREVIOUS', { SECRET_KEY_PREVIOUS: 'your-secret-key-here-change-me-32-bytes-min' }],
    ['DATABASE_URL', url('postgres://u:your_password@db/x')],
  ])('refuses what is for development or an example: %s', (name, variables) => {
    expect(refusals({ ...careful, ...variables })).toEqual([expect.stringMatching(`^${name} must not `)]);
  });

  it('starts with a SECRET_KEY and a database', () => {
    expect(refusals(production)).toEqual([]);
    const byUrl = { NODE_ENV: 'production', SECRET_KEY: key, DATABASE_URL: 'postgres://db/x' };
    expect(refusals(byUrl)).toEqual([]);
    expect(refusals({ ...byUrl, POSTGRES_PASSWORD: settings.POSTGRES_PASSWORD.example })).toEqual([]);
  });

  it('needs both', () => {
    expect(refusals({ NODE_ENV: 'production' })).toEqual([
      'SECRET_KEY must be set in production: 32 bytes or more from a random generator (openssl rand -base64 32)',
      'DATABASE_URL or POSTGRES_HOST must be set in production: the embedded server is for development',
    ]);
  });

  it('says once that a SECRET_KEY is too short', () => {
    expect(refusals({ ...production, SECRET_KEY: 'changeme' })).toEqual([
      'SECRET_KEY must be 32 bytes or more from a random generator (openssl rand -base64 32)',
    ]);
  });

  it.each([
    settings.SECRET_KEY.example,
    'your-secret-key-here-and-some-more-text',
    'please CHANGE_ME to something else, dear operator',
    'my-super-secret-key-for-the-api-2024',
    'your-256-bit-secret-your-256-bit-secret',
    'django-insecure-8f3kz01mvq5x7r2p9w4t6y',
    '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
    'a-string-secret-at-least-256-bits-long',
    'a'.repeat(64),
    'abababab'.repeat(5),
    'aaaaaaaaaaabbbbbbbbbbbccccccccccddddddddddd',
    'secret'.repeat(6),
    '0123456789'.repeat(4),
  ])('refuses %j as a SECRET_KEY, which development takes', (example) => {
    const [line, ...more] = refusals({ ...production, SECRET_KEY: example });
    expect(line).toMatch(/^SECRET_KEY must not be an example or a pattern in production/);
    expect(line).not.toContain(example);
    expect(more).toEqual([]);
    expect(refusals({ SECRET_KEY: example })).toEqual([]);
  });

  it.each([
    'f3b1c09d7e5a2486f3b1c09d7e5a24ab',
    '58203917465029183746501928374650',
    'tPq0Zr+9mB/3vLx7Yc1dKw==uHs5JgEa',
    'correct horse battery staple and more words',
  ])('takes %j', (secret) => {
    expect(refusals({ ...production, SECRET_KEY: secret })).toEqual([]);
  });

  it('can only require verified addresses if mail is delivered', () => {
    const required = { ...production, EMAIL_VERIFICATION: 'required' };
    expect(refusals(required)).toEqual([
      'SMTP_URL must be set in production while EMAIL_VERIFICATION is required: nobody could sign in',
    ]);
    expect(refusals({ ...required, SMTP_URL: 'smtp://mail' })).toEqual([]);
    expect(refusals({ EMAIL_VERIFICATION: 'required' })).toEqual([]);
  });
});

describe('a secret in a file', () => {
  const unreadable = (name: string) =>
    `${name}_FILE must be the path of a file that can be read, is UTF-8 and is not empty`;

  it.each([
    ['is taken as it is', key, key],
    ['loses the newline at its end', `${key}\n`, key],
    ['loses the newline of Windows', `${key}\r\n`, key],
    ['loses only one newline', `${key}\n\n`, `${key}\n`],
    ['keeps its blanks', ` ${key} \n`, ` ${key} `],
  ])('%s', (_, content, secret) => {
    expect(readEnvironment({ SECRET_KEY_FILE: file('key', content) }).auth.secretKey).toBe(secret);
  });

  it('can be each of the secrets', () => {
    const variables = {
      POSTGRES_PASSWORD_FILE: file('a', 'one\n'),
      POSTGRES_HOST: 'db',
      POSTGRES_TEST_PASSWORD_FILE: file('b', 'two\n'),
      POSTGRES_TEST_HOST: 'db',
      SMTP_URL_FILE: file('c', 'smtp://three\n'),
      REDIS_URL_FILE: file('d', 'redis://four\n'),
      ADMIN_USERNAME: 'ada',
      ADMIN_EMAIL: 'ada@example.com',
      ADMIN_PASSWORD_FILE: file('e', 'Engine1843\n'),
    };
    expect(readEnvironment(variables)).toMatchObject({
      database: { password: 'one' },
      testDatabase: { password: 'two' },
      mail: { smtpUrl: 'smtp://three' },
      redisUrl: 'redis://four',
      admin: { password: 'Engine1843' },
    });
    const { database } = readEnvironment({ DATABASE_URL_FILE: file('f', 'postgres://five/x\n') });
    expect(database).toEqual({ url: 'postgres://five/x' });
  });

  it.each([
    ['is missing', () => join(folder, 'canary')],
    ['is a directory', () => folder],
    ['is empty', () => file('canary', '')],
    ['is only a newline', () => file('canary', '\n')],
    ['is not UTF-8', () => file('canary', Buffer.from([0xff, 0xfe, ...Buffer.from(key)]))],
  ])('is refused if it %s', (_, path) => {
    expect(refusals({ ...production, SECRET_KEY: '', SECRET_KEY_FILE: path() })).toEqual([
      unreadable('SECRET_KEY'),
    ]);
  });

  it('is refused beside the variable itself', () => {
    expect(refusals({ REDIS_URL: 'redis://a', REDIS_URL_FILE: file('url', 'redis://b') })).toEqual([
      'REDIS_URL and REDIS_URL_FILE must not both be set',
    ]);
  });

  it('is checked as the variable is', () => {
    expect(refusals({ SECRET_KEY_FILE: file('short', 'canary') })).toEqual([
      'SECRET_KEY must be 32 bytes or more from a random generator (openssl rand -base64 32)',
    ]);
    const example = file('example', settings.SECRET_KEY.example);
    expect(refusals({ ...production, SECRET_KEY: undefined, SECRET_KEY_FILE: example })).toHaveLength(1);
  });

  it('is not for what is no secret', () => {
    expect(refusals({ POSTGRES_USER_FILE: file('user', 'u') })).toHaveLength(1);
  });
});

describe('an unknown name', () => {
  it.each([
    ['SECRET_KEYS', 'SECRET_KEY'],
    ['SECERT_KEY', 'SECRET_KEY'],
    ['secret_key', 'SECRET_KEY'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['DATABSE_ULR', 'DATABASE_URL'],
    ['PUBLICURL', 'PUBLIC_URL'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['NODE_EVN', 'NODE_ENV'],
    ['REFRESH_TOKEN_EXPIRE_DAYS', 'REFRESH_TOKEN_EXPIRE_MINUTES'],
    ['POSTGRES_HOSTNAME', 'POSTGRES_HOST'],
    ['POSTGRES_PASSWORD_FIEL', 'POSTGRES_PASSWORD_FILE'],
    ['JWT_ALGORITHM', 'ALGORITHM'],
    ['TRUSTED_PROXY', 'TRUSTED_PROXIES'],
  ])('%s is refused wherever it comes from, and %s is proposed', (name, meant) => {
    const line = `${name} is not a setting; did you mean ${meant}?`;
    expect(refusals({ [name]: 'canary' })).toEqual([line]);
    expect(refusals({ [name]: 'canary' }, [name])).toEqual([line]);
  });

  it('is refused without a proposal in our own .env if it resembles none', () => {
    expect(refusals({ ASTRA_CONFIG: 'canary' }, ['ASTRA_CONFIG'])).toEqual([
      'ASTRA_CONFIG is not a setting, see .env.example',
    ]);
  });

  it.each([
    ...['ASTRA_ENV', 'ASTRA_CONFIG', 'EMAIL_HOST', 'EMAIL_HOST_USER', 'JWT_SECRET', 'POSTGRES_EXPORTER_URL'],
    ...['SMTP_HOST', 'SMTP_PORT', 'SESSION_STORE', 'ADMIN_SITE_HEADER', 'MAIL_DRIVER', 'METRICS_ENABLED'],
    ...['CORS_ALLOWED_HEADERS', 'JWT_EXPIRES_IN', 'POSTGRES_MAX_CONNECTIONS', 'PASSWORD_RESET_TIMEOUT'],
  ])('%s is ignored with a line, as variables of a shared ConfigMap are, but not in our own .env', (name) => {
    expect(readEnvironment({ [name]: 'canary' }).warnings).toEqual([
      `Ignored unknown variables: ${name}. The settings are in .env.example.`,
    ]);
    expect(refusals({ [name]: 'canary' }, [name])).toEqual([
      expect.stringMatching(`^${name} is not a setting`),
    ]);
  });

  it('of a service link is no setting, whatever the Service is called', () => {
    const ofService = (name: string, ip: string, port: number) => ({
      [`${name}_SERVICE_HOST`]: ip,
      [`${name}_SERVICE_PORT`]: String(port),
      [`${name}_SERVICE_PORT_HTTP`]: String(port),
      [`${name}_PORT`]: `tcp://${ip}:${port}`,
      [`${name}_PORT_${port}_TCP`]: `tcp://${ip}:${port}`,
      [`${name}_PORT_${port}_TCP_PROTO`]: 'tcp',
      [`${name}_PORT_${port}_TCP_PORT`]: String(port),
      [`${name}_PORT_${port}_TCP_ADDR`]: ip,
    });
    const services = [
      'POSTGRES',
      'POSTGRES_TEST',
      'METRICS',
      'ASTRA',
      'REDIS',
      'MAIL',
      'SMTP',
      'ADMIN',
      'JWT',
    ];
    const links = services.map((name, i) => ofService(name, `10.96.0.${i}`, 5432 + i));
    const variables = Object.assign({ POSTGRES_HOST: 'postgres' }, ...links) as Variables;
    expect(readEnvironment(variables)).toEqual({
      ...readEnvironment({ POSTGRES_HOST: 'postgres' }),
      warnings: [
        'Ignored Kubernetes service links that are named like a setting: POSTGRES_TEST_PORT, POSTGRES_PORT, ' +
          'METRICS_PORT. Set the setting to have its own value, or enableServiceLinks to false in the pod.',
      ],
    });
    expect(refusals({ POSTGRES_PROT: 'tcp://10.96.0.12:5432' })).toEqual([
      'POSTGRES_PROT is not a setting; did you mean POSTGRES_PORT?',
    ]);
  });

  it.each([
    ['PROT', 'PORT'],
    ['HOTS', 'HOST'],
    ['DOC', 'DOCS'],
    ['port', 'PORT'],
  ])('%s is refused in our own .env, where %s is proposed, but may belong to the machine', (name, meant) => {
    expect(refusals({ [name]: '1' }, [name])).toEqual([`${name} is not a setting; did you mean ${meant}?`]);
    expect(refusals({ [name]: '1' })).toEqual([]);
  });

  it('is let be in our own .env if it is short and two slips away', () => {
    expect(refusals({ HOME: '/', TEST: '1' }, ['HOME', 'TEST'])).toEqual([]);
  });

  it('is let be if it is empty', () => {
    expect(refusals({ POSTGRES_HOSTNAME: '' })).toEqual([]);
  });

  it('is let be if it belongs to others', () => {
    const machine =
      `PATH HOME HOSTNAME HOSTTYPE PWD OLDPWD SHELL SHLVL TERM LANG LC_ALL LOGNAME USER MAIL EMAIL EDITOR TZ
      TMPDIR DISPLAY SESSION_MANAGER XDG_DATA_DIRS XDG_RUNTIME_DIR NODE NODE_VERSION NODE_OPTIONS NODE_PATH INIT_CWD
      npm_config_user_agent npm_package_name JAVA_HOME HTTP_PROXY no_proxy CI GITHUB_REF PGDATA PGHOST PGPASSWORD
      POSTGRES_INITDB_ARGS POSTGRES_HOST_AUTH_METHOD PASSWORD_STORE_DIR COMPOSE_PROJECT_NAME REDIS_TLS_URL
      KUBERNETES_PORT_443_TCP_ADDR POSTGRES_SERVICE_HOST POSTGRES_PORT_5432_TCP ASTRA_SERVICE_PORT_HTTP`.split(
        /\s+/,
      );
    expect(refusals(Object.fromEntries(machine.map((name) => [name, 'x'])))).toEqual([]);
    expect(refusals({ ASTRA_PORT: 'tcp://10.0.0.1:8000' })).toEqual([]);
  });
});

describe('loadEnvironment', () => {
  const load = (content: string, variables: Variables = {}) =>
    loadEnvironment(variables, file('.env', content));

  it('reads .env', () => {
    expect(load('PORT=8001\nJWT_ISSUER="a # b"\n')).toMatchObject({ port: 8001, auth: { issuer: 'a # b' } });
  });

  it('lets the process win, also by an empty variable, whatever the variables of dotenv say', () => {
    process.env.DOTENV_OVERRIDE = 'true';
    try {
      const variables = { PORT: '8002', HOST: '' };
      expect(load('PORT=8001\nHOST=127.0.0.1', variables)).toMatchObject({ port: 8002, host: '127.0.0.1' });
    } finally {
      delete process.env.DOTENV_OVERRIDE;
    }
  });

  it.each([
    ['PORT=8001', '8001'],
    ['  PORT = 8001  ', '8001'],
    ['export PORT=8001', '8001'],
    ['PORT=8001 # comment', '8001'],
    ['PORT="8001" # comment', '8001'],
    ["PORT='8001'  # comment", '8001'],
    ['\uFEFFPORT=8001', '8001'],
    ['# comment\r\n\r\nPORT=8001\r\n', '8001'],
    ['PORT=1\nPORT=8001', '8001'],
    ['PORT=s3cret#tail', 's3cret#tail'],
    ['PORT="s3cret # tail"', 's3cret # tail'],
    ["PORT='s3cret #$tail\\n'", 's3cret #$tail\\n'],
    ['PORT="say \\"hi\\" \\\\"', 'say "hi" \\'],
    ['PORT=C:\\temp\\new', 'C:\\temp\\new'],
    ['PORT=a"b\'c', 'a"b\'c'],
    ['PORT=`a`', '`a`'],
    ['PORT=a=b', 'a=b'],
    ['PORT=', ''],
    ['PORT=""', ''],
    ['PORT= a b ', 'a b'],
  ])('%j is read as Docker Compose reads it: %j', (text, value) => {
    expect(parseEnvFile(Buffer.from(text))).toEqual({ values: { PORT: value }, problems: [] });
  });

  it.each([
    ['PORT=s3cret$tail', 'PORT has a $, which Docker Compose would replace: put the value in single quotes'],
    ['PORT="${TAIL}"', 'PORT has a $, which Docker Compose would replace: put the value in single quotes'],
    ['PORT=#s3cret', 'PORT has a # that may start a comment: put the value in single quotes'],
    ['PORT= # s3cret', 'PORT has a # that may start a comment: put the value in single quotes'],
    ['PORT=s3cret\t# tail', 'PORT has a # that may start a comment: put the value in single quotes'],
    ['PORT="s3cret\\ntail"', 'PORT has a backslash in double quotes: put the value in single quotes'],
    ["PORT='s3cret\\'tail'", 'PORT has no closing quote on its line, or a quote after a backslash'],
    ['PORT="s3cret', 'PORT has no closing quote on its line, or a quote after a backslash'],
    ['PORT="s3cret\ntail"', 'PORT has no closing quote on its line, or a quote after a backslash'],
    ['PORT="s3cret"tail', 'PORT has text after its closing quote'],
    ["PORT='s3cret' 'tail'", 'PORT has text after its closing quote'],
    ['PORT: s3cret', 'must be NAME=value, or a comment after #'],
    ['PORT s3cret', 'must be NAME=value, or a comment after #'],
    ['s3cret', 'must be NAME=value, or a comment after #'],
    ['=s3cret', 'must be NAME=value, or a comment after #'],
    ['PORT-X=s3cret', 'must be NAME=value, or a comment after #'],
  ])('%j can be read in two ways, so it is refused by its line', (text, sentence) => {
    const [line, ...more] = parseEnvFile(Buffer.from(`HOST=a\n\n${text}`)).problems;
    expect(line).toBe(`.env, line 3${sentence.startsWith('PORT') ? ': ' : ' '}${sentence}`);
    expect(more.join()).not.toContain('s3cret');
    expect(line).not.toContain('s3cret');
  });

  it.each([
    ['UTF-16 of PowerShell', Buffer.from('\uFEFFPORT=8001', 'utf16le')],
    ['UTF-16 without a mark', Buffer.from('PORT=8001', 'utf16le')],
    ['UTF-16, the other way round', Buffer.from('\uFEFFPORT=8001', 'utf16le').swap16()],
    ['Latin-1', Buffer.from('POSTGRES_PASSWORD=ü', 'latin1')],
  ])('refuses %s, which would be read as something else or not at all', (_, content) => {
    expect(problemsOf(() => loadEnvironment({}, file('.env', content)))).toEqual([
      '.env must be UTF-8 text; Windows PowerShell writes UTF-16 by ">"',
    ]);
  });

  it('refuses all lines at once that can be read in two ways, and starts with none of them', () => {
    expect(problemsOf(() => load('PORT=$X\nHOST=a\nJWT_ISSUER="\n'))).toHaveLength(2);
  });

  it('can do without .env', () => {
    expect(loadEnvironment({ PORT: '8003' }, join(folder, 'none')).port).toBe(8003);
  });

  it('refuses a .env that cannot be read', () => {
    mkdirSync(join(folder, 'directory'));
    expect(problemsOf(() => loadEnvironment({}, join(folder, 'directory')))).toEqual([
      '.env must be a file that can be read',
    ]);
  });

  it('knows which names are from .env', () => {
    expect(problemsOf(() => load('PROT=8001'))).toEqual(['PROT is not a setting; did you mean PORT?']);
    expect(problemsOf(() => load('', { PROT: '8001' }))).toEqual([]);
  });

  it('writes nothing to the log', () => {
    const written: unknown[] = [];
    const { log, error } = console;
    console.log = console.error = (...parts: unknown[]) => written.push(parts);
    try {
      load('PORT=8001');
    } finally {
      Object.assign(console, { log, error });
    }
    expect(written).toEqual([]);
  });
});
