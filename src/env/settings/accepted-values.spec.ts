import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { legacySettingsTaken } from '../../../test/fastapi/support/legacy-settings.js';
import { tracingSettingsTaken } from '../../../test/tracing/support/tracing-settings.js';
import { key, production, refusals, temporaryFolder } from '../../../test/support/variables.js';
import { type Environment, readEnvironment, type Variables } from '../../env.js';
import type { Setting } from './setting.js';
import { settings } from './settings.js';

const names = Object.keys(settings) as (keyof typeof settings)[];
const table: Record<string, Setting> = settings;
const { file } = temporaryFolder();

const logo = file('logo.svg', '<svg xmlns="http://www.w3.org/2000/svg"/>');
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
  [
    'DATABASE_URL',
    'postgres://u:p@one:5433,[2001:db8::2],three:5434/x?target_session_attrs=read-write',
    (e) => e.database,
    { url: 'postgres://u:p@one:5433,[2001:db8::2],three:5434/x?target_session_attrs=read-write' },
  ],
  [
    'DATABASE_DIRECT_URL',
    'postgres://u:p@db/x',
    (e) => e.database,
    { url: 'postgres://pooler/x', directUrl: 'postgres://u:p@db/x' },
    { DATABASE_URL: 'postgres://pooler/x' },
  ],
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
  ['TRUSTED_PROXIES', '10.0.0.0/8, ::1,fd00::/8', (e) => e.trustedProxies, ['10.0.0.0/8', '::1', 'fd00::/8']],
  [
    'CORS_ORIGINS',
    'https://a.example, http://localhost:3000',
    (e) => e.corsOrigins,
    ['https://a.example', 'http://localhost:3000'],
  ],
  ['CONSOLE', 'off', (e) => e.console, false],
  ['DOCS', 'off', (e) => e.docs, false],
  ['LOG_LEVEL', 'trace', (e) => e.logLevel, 'trace'],
  ...tracingSettingsTaken,
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
  ['REMEMBERED_SESSIONS', '0', (e) => e.auth.rememberedSessions, 0],
  ['REMEMBERED_SESSIONS', '10000000', (e) => e.auth.rememberedSessions, 10_000_000],
  ['PASSWORDLESS', 'on', (e) => e.passwordless, true],
  ['SIGN_IN_METHODS', 'password', (e) => e.signInMethods, ['password']],
  ['SIGN_IN_METHODS', 'email-code, password', (e) => e.signInMethods, ['password', 'email-code']],
  ['EMAIL_CODE_TTL_SECONDS', '900', (e) => e.auth.emailCodeTtl, 900],
  ['API_KEYS', 'off', (e) => e.apiKeys, false],
  ['API_KEY_PREFIX', 'acme2', (e) => e.auth.apiKeys.prefix, 'acme2'],
  ['API_KEY_MAX_DAYS', '30', (e) => e.auth.apiKeys.maxDays, 30],
  ['SECOND_FACTOR', 'off', (e) => e.secondFactor, false],
  ['SECOND_FACTOR', 'optional', (e) => e.auth.secondFactor.required, []],
  ['SECOND_FACTOR', 'required', (e) => e.auth.secondFactor.required, 'all'],
  ['SECOND_FACTOR_ROLES', 'moderator, admin', (e) => e.auth.secondFactor.required, ['admin', 'moderator']],
  ['TOTP_ISSUER', 'Ada & Co', (e) => e.auth.secondFactor.issuer, 'Ada & Co'],
  ['REAUTHENTICATION_TTL_SECONDS', '60', (e) => e.auth.reauthenticationTtl, 60],
  ['REAUTHENTICATION_TTL_SECONDS', '3600', (e) => e.auth.reauthenticationTtl, 3600],
  ['REFRESH_COOKIE', 'on', (e) => e.auth.refreshCookie, { origins: [] }],
  [
    'REFRESH_COOKIE',
    'on',
    (e) => e.auth.refreshCookie,
    { origins: ['https://a.example'] },
    { CORS_ORIGINS: 'https://a.example' },
  ],
  [
    'PASSKEY_RP_ID',
    'example.com',
    (e) => e.auth.passkeys.rpId,
    'example.com',
    { PUBLIC_URL: 'https://accounts.example.com' },
  ],
  [
    'PASSKEY_ORIGINS',
    `https://a.example.com, android:apk-key-hash:${'a'.repeat(43)}`,
    (e) => e.auth.passkeys.origins,
    ['https://a.example.com', `android:apk-key-hash:${'a'.repeat(43)}`],
    { PUBLIC_URL: 'https://example.com' },
  ],
  [
    'OIDC_REDIRECTS',
    'https://app.example.com/cb, http://127.0.0.1/cb,com.example.app:/cb',
    (e) => e.auth.redirectUris,
    ['https://app.example.com/cb', 'http://127.0.0.1/cb', 'com.example.app:/cb'],
  ],
  ['OIDC_ALLOW', '10.0.0.0/8', (e) => e.auth.providerNetworks, ['10.0.0.0/8']],
  ['ACCOUNT_LINKING', 'verified', (e) => e.auth.linking, 'verified'],
  ['WEBHOOKS', 'on', (e) => e.webhooks, true],
  ['WEBHOOK_ALLOW', '10.1.0.0/16, ::1', (e) => e.auth.webhooks.allow, ['10.1.0.0/16', '::1']],
  ['WEBHOOK_PORTS', '80,9443', (e) => e.auth.webhooks.ports, [80, 9443]],
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
  ['LOGO', logo, (e) => e.mail.logo, logo],
  ['WORKER', 'off', (e) => e.auth.worker, false],
  ['REDIS_URL', 'rediss://:p@cache:6380/1', (e) => e.redisUrl, 'rediss://:p@cache:6380/1'],
  ['REDIS_URL', 'redis+sentinel://one,two/m', (e) => e.redisUrl, 'redis+sentinel://one,two/m'],
  ['REDIS_URL', 'rediss+cluster://one,two', (e) => e.redisUrl, 'rediss+cluster://one,two'],
  ['ADMIN_USERNAME', 'a.b-c_1', (e) => e.admin?.username, 'a.b-c_1', admin],
  ['ADMIN_EMAIL', 'a+b@example.com', (e) => e.admin?.email, 'a+b@example.com', admin],
  ['ADMIN_PASSWORD', '        ', (e) => e.admin?.password, '        ', admin],
  ['ADMIN_PASSWORD', '🔑'.repeat(128), (e) => e.admin?.password, '🔑'.repeat(128), admin],
];

it.each(good)('takes %s=%j', (name, given, pick, expected, others = {}) => {
  expect(pick(readEnvironment({ ...others, [name]: given }))).toEqual(expected);
});

const breaks = ['\n', '\r\n', '\r'];
const links = ['tcp://10.96.0.12:5432', 'udp://10.96.0.12:53', 'tcp://[fd00::12]:5432'];
/** As programs and people leave a value that goes through shells, secrets and files. */
const odd = (text: string) => [
  ...breaks.map((end) => text + end),
  ...[` ${text}`, `${text} `, `\t${text}`, `"${text}"`, `'${text}'`, `${text}#x`, `${text} # x`, `#${text}`],
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
