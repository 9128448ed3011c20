import { isGuessableSecret } from '../../settings/secrets/guessable-secret.js';
import { legacyConflicts, legacyProductionConflicts } from '../../fastapi/env/legacy-conflicts.js';
import type { Conflict } from './conflict.js';
import { relyingPartyOf } from '../../settings/passkey-settings.js';
import { splitHosts } from '../../database/connections/database-hosts.js';
import { settings, type SettingValues } from '../settings/settings.js';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const adminNames = ['ADMIN_USERNAME', 'ADMIN_EMAIL', 'ADMIN_PASSWORD'] as const;

/** Combinations of individually valid settings that are rejected in every environment. */
export const conflicts: readonly Conflict[] = [
  [
    'REFRESH_TOKEN_EXPIRE_MINUTES',
    'must be more than ACCESS_TOKEN_EXPIRE_MINUTES',
    (v) => v.REFRESH_TOKEN_EXPIRE_MINUTES <= v.ACCESS_TOKEN_EXPIRE_MINUTES,
  ],
  [
    'REFRESH_TOKEN_EXPIRE_MINUTES',
    'must be at most the minutes of SESSION_MAX_AGE_DAYS',
    (v) => v.REFRESH_TOKEN_EXPIRE_MINUTES * MINUTE > v.SESSION_MAX_AGE_DAYS * DAY,
  ],
  ['METRICS_PORT', 'must differ from PORT', (v) => v.METRICS_PORT === v.PORT && v.PORT !== 0],
  [
    'DATABASE_URL',
    'and POSTGRES_HOST must not both be set',
    (v) => isSet(v.DATABASE_URL) && isSet(v.POSTGRES_HOST),
  ],
  [
    'DATABASE_DIRECT_URL',
    'is for a pooler: DATABASE_URL or POSTGRES_HOST must be set, too',
    (v) => isSet(v.DATABASE_DIRECT_URL) && !isSet(v.DATABASE_URL) && !isSet(v.POSTGRES_HOST),
  ],
  [
    'POSTGRES_SSLMODE',
    'is for POSTGRES_HOST: in DATABASE_URL it is sslmode',
    (v) => isSet(v.DATABASE_URL) && (v.POSTGRES_SSLMODE !== 'disable' || isSet(v.POSTGRES_SSLROOTCERT)),
  ],
  [
    'POSTGRES_SSLMODE',
    'must be verify-ca or verify-full, as POSTGRES_SSLROOTCERT is set',
    (v) => isSet(v.POSTGRES_SSLROOTCERT) && !v.POSTGRES_SSLMODE.startsWith('verify-'),
  ],
  [
    'POSTGRES_SSLROOTCERT',
    'must be set, as POSTGRES_SSLMODE is verify-ca: anyone with a certificate of any trusted authority could impersonate the server',
    (v) => v.POSTGRES_SSLMODE === 'verify-ca' && !isSet(v.POSTGRES_SSLROOTCERT),
  ],
  [
    'POSTGRES_TEST_DB',
    'must end in _test, because the tests empty it',
    (v) => isSet(v.POSTGRES_TEST_HOST) && !v.POSTGRES_TEST_DB.endsWith('_test'),
  ],
  [
    'JWT_PRIVATE_KEYS_DIR',
    'must be set, unless ALGORITHM is HS256',
    (v) => v.ALGORITHM !== 'HS256' && !isSet(v.JWT_PRIVATE_KEYS_DIR),
  ],
  [
    'POSTGRES_SERVICE_USER',
    'must differ from POSTGRES_USER, who owns the tables',
    (v) => isSet(v.POSTGRES_HOST) && v.POSTGRES_SERVICE_USER === v.POSTGRES_USER,
  ],
  [
    'SECOND_FACTOR_ROLES',
    'must not be set while SECOND_FACTOR is off',
    (v) => v.SECOND_FACTOR === 'off' && isSet(v.SECOND_FACTOR_ROLES),
  ],
  ['SIGN_IN_METHODS', 'must include password', (v) => !v.SIGN_IN_METHODS.includes('password')],
  [
    'SIGN_IN_METHODS',
    'must not include email-code while EMAIL_VERIFICATION is off: a code verifies an email address',
    (v) => v.SIGN_IN_METHODS.includes('email-code') && v.EMAIL_VERIFICATION === 'off',
  ],
  [
    'PASSWORDLESS',
    'must be off while EMAIL_VERIFICATION is off: the link in a message adds the way to sign in',
    (v) => v.PASSWORDLESS && v.EMAIL_VERIFICATION === 'off',
  ],
  [
    'REGISTRATION_PRIVACY',
    'must be open while EMAIL_VERIFICATION is off: with strict, an account is created by the link in a message',
    (v) => v.REGISTRATION_PRIVACY === 'strict' && v.EMAIL_VERIFICATION === 'off',
  ],
  [
    'PASSKEY_RP_ID',
    'must be the host of PUBLIC_URL or a parent domain of it, unless PASSKEY_ORIGINS is set',
    (v) => isSet(v.PASSKEY_RP_ID) && !isSet(v.PASSKEY_ORIGINS) && !isUsable(v),
  ],
  [
    'PASSKEY_ORIGINS',
    'must be within PASSKEY_RP_ID, unless they have https and that is the host of PUBLIC_URL, which publishes them',
    (v) => isSet(v.PASSKEY_ORIGINS) && !isUsable(v),
  ],
  ...legacyConflicts,
  ...adminNames.map((name): Conflict => [
    name,
    `must be set, as ${adminNames.join(', ')} go together`,
    (v) => !isSet(v[name]) && adminNames.some((other) => isSet(v[other])),
  ]),
];

/** Combinations that are additionally rejected in production. */
export const productionConflicts: readonly Conflict[] = [
  ['SECRET_KEY', `must be set in production: ${settings.SECRET_KEY.is.mayBe}`, (v) => !isSet(v.SECRET_KEY)],
  [
    'SECRET_KEY',
    `must not be an example or a pattern in production: ${settings.SECRET_KEY.is.mayBe}`,
    (v) => isSet(v.SECRET_KEY) && isGuessableSecret(v.SECRET_KEY),
  ],
  [
    'SECRET_KEY_PREVIOUS',
    'must not be an example or a pattern in production: tokens that it signed are valid',
    (v) => isSet(v.SECRET_KEY_PREVIOUS) && isGuessableSecret(v.SECRET_KEY_PREVIOUS),
  ],
  [
    'PASSKEY_ORIGINS',
    'must not have http:// in production',
    (v) => v.PASSKEY_ORIGINS?.some((origin) => origin.startsWith('http:')) === true,
  ],
  ...legacyProductionConflicts,
  [
    'DATABASE_URL',
    'or POSTGRES_HOST must be set in production: the embedded server is for development',
    (v) => !isSet(v.DATABASE_URL) && !isSet(v.POSTGRES_HOST),
  ],
  [
    'POSTGRES_PASSWORD',
    'must not be the example in production',
    (v) => isSet(v.POSTGRES_HOST) && v.POSTGRES_PASSWORD === settings.POSTGRES_PASSWORD.example,
  ],
  [
    'DATABASE_URL',
    'must not have the example of POSTGRES_PASSWORD in production',
    ({ DATABASE_URL }) => passwordIn(DATABASE_URL) === settings.POSTGRES_PASSWORD.example,
  ],
  [
    'DATABASE_DIRECT_URL',
    'must not have the example of POSTGRES_PASSWORD in production',
    ({ DATABASE_DIRECT_URL }) => passwordIn(DATABASE_DIRECT_URL) === settings.POSTGRES_PASSWORD.example,
  ],
  [
    'POSTGRES_SERVICE_PASSWORD',
    'must not be the example in production',
    (v) => v.POSTGRES_SERVICE_PASSWORD === settings.POSTGRES_SERVICE_PASSWORD.example,
  ],
  [
    'SMTP_URL',
    'must be set in production while EMAIL_VERIFICATION is required: nobody could sign in',
    (v) => v.EMAIL_VERIFICATION === 'required' && !isSet(v.SMTP_URL),
  ],
  [
    'SMTP_URL',
    'must be set in production while SIGN_IN_METHODS includes email-code',
    (v) => v.SIGN_IN_METHODS.includes('email-code') && !isSet(v.SMTP_URL),
  ],
  [
    'SMTP_URL',
    'must be set in production while PASSWORDLESS is on: nobody could sign in',
    (v) => v.PASSWORDLESS && !isSet(v.SMTP_URL),
  ],
];

/**
 * Finds development switches of Node.js. They are not settings, so only production checks them.
 *
 * @returns the name of each, and a sentence about it.
 */
export function developmentSwitches({
  NODE_OPTIONS,
  NODE_TLS_REJECT_UNAUTHORIZED,
}: Record<string, string | undefined>): [name: string, sentence: string][] {
  const found: [string, string][] = [];
  if (NODE_TLS_REJECT_UNAUTHORIZED === '0')
    found.push([
      'NODE_TLS_REJECT_UNAUTHORIZED',
      'NODE_TLS_REJECT_UNAUTHORIZED must not be 0 in production: anyone on the network path could impersonate the database or the mail server',
    ]);
  if (/--inspect/.test(NODE_OPTIONS ?? ''))
    found.push([
      'NODE_OPTIONS',
      'NODE_OPTIONS must not have --inspect in production: anyone who can reach the debugger can control the process',
    ]);
  return found;
}

/** Returns whether the settings of passkeys go together. */
function isUsable({
  PASSKEY_RP_ID: rpId,
  PASSKEY_ORIGINS: origins,
  PUBLIC_URL,
  PORT,
}: SettingValues): boolean {
  try {
    return relyingPartyOf({ rpId, origins }, PUBLIC_URL ?? `http://localhost:${PORT}`) !== null;
  } catch {
    return false;
  }
}

function passwordIn(databaseUrl = ''): string | undefined {
  return URL.parse(splitHosts(databaseUrl).url)?.password;
}

function isSet<T>(value: T | undefined): value is T {
  return value !== undefined;
}
