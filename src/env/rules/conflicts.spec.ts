import { production, refusals } from '../../../test/support/variables.js';
import { readEnvironment, type Variables } from '../../env.js';

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
      'a way past a pooler that is not there',
      { DATABASE_DIRECT_URL: 'postgres://db/x', POSTGRES_HOST: '' },
      'DATABASE_DIRECT_URL is for a pooler: DATABASE_URL or POSTGRES_HOST must be set, too',
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
    [
      'ways to sign in without a password',
      { SIGN_IN_METHODS: 'passkey,email-code' },
      'SIGN_IN_METHODS must include password',
    ],
    [
      'registration without a password and without a link',
      { PASSWORDLESS: 'on', EMAIL_VERIFICATION: 'off' },
      'PASSWORDLESS must be off while EMAIL_VERIFICATION is off: the link in a message adds the way to sign in',
    ],
    [
      'codes by email to addresses that are not verified',
      { SIGN_IN_METHODS: 'password,email-code', EMAIL_VERIFICATION: 'off' },
      'SIGN_IN_METHODS must not include email-code while EMAIL_VERIFICATION is off: a code verifies an email address',
    ],
    [
      'passkeys of a domain that the service is not at',
      { PASSKEY_RP_ID: 'example.com', PUBLIC_URL: 'https://accounts.example.net' },
      'PASSKEY_RP_ID must be the host of PUBLIC_URL or a parent domain of it, unless PASSKEY_ORIGINS is set',
    ],
    [
      'passkeys of several sites that nobody publishes',
      {
        PASSKEY_RP_ID: 'example.com',
        PASSKEY_ORIGINS: 'https://example.com,https://example.net',
        PUBLIC_URL: 'https://accounts.example.com',
      },
      'PASSKEY_ORIGINS must be within PASSKEY_RP_ID, unless they have https and that is the host of PUBLIC_URL, which publishes them',
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
