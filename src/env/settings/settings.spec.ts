import { readFileSync } from 'node:fs';
import { refusals } from '../../../test/support/variables.js';
import { readEnvironment, SettingsError } from '../../env.js';
import { parseEnvFile } from '../env-file.js';
import type { Setting } from './setting.js';
import { settings } from './settings.js';

const names = Object.keys(settings) as (keyof typeof settings)[];
const table: Record<string, Setting> = settings;
const parse = (text: string) => parseEnvFile(Buffer.from(text)).values;

describe('the table of settings', () => {
  it('has every name of the contract', () => {
    const contract = `SECRET_KEY POSTGRES_USER POSTGRES_PASSWORD POSTGRES_DB POSTGRES_HOST POSTGRES_PORT DATABASE_URL DATABASE_DIRECT_URL
      POSTGRES_TEST_USER POSTGRES_TEST_PASSWORD POSTGRES_TEST_DB POSTGRES_TEST_HOST POSTGRES_TEST_PORT
      ACCESS_TOKEN_EXPIRE_MINUTES REFRESH_TOKEN_EXPIRE_MINUTES SESSION_MAX_AGE_DAYS REFRESH_REUSE_GRACE_SECONDS REMEMBERED_SESSIONS
      PORT HOST PUBLIC_URL PASSWORD_HASH PASSWORD_POLICY EMAIL_VERIFICATION REGISTRATION_PRIVACY SMTP_URL MAIL_FROM
      REDIS_URL RATE_LIMIT TRUSTED_PROXIES CORS_ORIGINS CONSOLE DOCS LOG_LEVEL METRICS_PORT ALGORITHM JWT_PRIVATE_KEYS_DIR
      LEGACY_SECRET_KEY LEGACY_TOKENS_UNTIL
      JWT_ISSUER JWT_AUDIENCE ADMIN_USERNAME ADMIN_EMAIL ADMIN_PASSWORD DATA_DIR NODE_ENV SECRET_KEY_PREVIOUS
      PASSKEY_RP_ID PASSKEY_ORIGINS OIDC_REDIRECTS OIDC_ALLOW ACCOUNT_LINKING
      REFRESH_COOKIE MAIL_LANGUAGE MAIL_COLOR LOGO WORKER POSTGRES_SERVICE_USER POSTGRES_SERVICE_PASSWORD
      AUDIT_ADDRESSES_DAYS AUDIT_RETENTION_DAYS METRICS_HOST SMTP_TLS SHUTDOWN_DELAY_SECONDS POSTGRES_SSLMODE
      POSTGRES_SSLROOTCERT REAUTHENTICATION_TTL_SECONDS SECOND_FACTOR SECOND_FACTOR_ROLES TOTP_ISSUER
      SIGN_IN_METHODS EMAIL_CODE_TTL_SECONDS PASSWORDLESS WEBHOOKS WEBHOOK_ALLOW WEBHOOK_PORTS
      API_KEYS API_KEY_PREFIX API_KEY_MAX_DAYS
      OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT OTEL_METRIC_EXPORT_INTERVAL OTEL_EXPORTER_OTLP_HEADERS OTEL_SERVICE_NAME
      OTEL_TRACES_SAMPLER OTEL_TRACES_SAMPLER_ARG OTEL_PROPAGATORS OTEL_SDK_DISABLED`;
    expect([...names].sort()).toEqual(contract.split(/\s+/).sort());
  });

  it('takes every secret from a file too', () => {
    expect(names.filter((name) => table[name].secret)).toEqual([
      'SECRET_KEY',
      'POSTGRES_PASSWORD',
      'POSTGRES_TEST_PASSWORD',
      'POSTGRES_SERVICE_PASSWORD',
      'DATABASE_URL',
      'DATABASE_DIRECT_URL',
      'OTEL_EXPORTER_OTLP_HEADERS',
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
  const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8');

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

describe('any setting', () => {
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
