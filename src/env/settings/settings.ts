import { apiKeySettings } from './api-key-settings.js';
import { databaseSettings } from './database-settings.js';
import {
  color,
  directory,
  emailAddress,
  host,
  integer,
  networks,
  onOff,
  oneOf,
  origins,
  type Parser,
  password,
  secretOfBytes,
  sender,
  text,
  username,
} from './parsers.js';
import { publicUrl, redisUrl, url } from '../server-urls.js';
import { providerSettings } from './provider-settings.js';
import type { Setting } from './setting.js';
import { signInSettings } from './sign-in-settings.js';
import { telemetrySettings } from '../telemetry/telemetry-settings.js';
import { legacySettings } from '../../fastapi/env/legacy-settings.js';
import { passwordPolicies, passwordSchemes } from '../../settings/astra-options.js';
import { webhookSettings } from './webhook-settings.js';
import { LOGO_MAY_BE, readLogo } from '../../settings/mail/logo.js';
import { mailLanguages } from '../../settings/mail/mail-options.js';

const port = integer(0, 65535);

/** All settings of the stand-alone service, in the order of `.env.example`. */
export const settings = {
  SECRET_KEY: {
    is: secretOfBytes(32),
    secret: true,
    example: 'your-secret-key-here-change-me-32-bytes-min',
    unset: 'in development, a generated one is stored in DATA_DIR; in production, the service does not start',
    means: 'Secret from which the keys of access and refresh tokens are derived.',
  },
  ...databaseSettings,

  NODE_ENV: {
    is: oneOf('development', 'test', 'production'),
    default: 'development',
    means: 'In production, missing and example secrets stop the start, and development tools are off.',
  },
  HOST: {
    is: host(),
    unset: '127.0.0.1 (this machine only); in production 0.0.0.0 (every IPv4 address)',
    means: 'IP address or host name to listen on.',
  },
  PORT: { is: port, default: '8000', means: 'Port to listen on; 0 takes any free one.' },
  PUBLIC_URL: {
    is: publicUrl(),
    unset: 'http://localhost:PORT',
    means: 'Base URL of the links in messages.',
  },
  TRUSTED_PROXIES: {
    is: networks(),
    unset: 'none',
    means: 'Proxies whose X-Forwarded-For header is trusted.',
  },
  CORS_ORIGINS: { is: origins(), unset: 'none', means: 'Origins whose pages may call the API.' },
  CONSOLE: {
    is: onOff(),
    unset: 'on; in production off',
    means: 'Serves /console, where admins and moderators manage users.',
  },
  DOCS: { is: onOff(), unset: 'on; in production off', means: 'Serves /docs, /redoc and /openapi.json.' },
  LOG_LEVEL: {
    is: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
    means: 'Minimum level of logged messages.',
  },
  METRICS_PORT: { is: port, unset: 'no metrics', means: 'Port of GET /metrics; 0 takes any free one.' },
  METRICS_HOST: {
    is: host(),
    unset: 'as HOST',
    means: 'IP address or host name that METRICS_PORT listens on. Metrics are served without a password.',
  },
  ...telemetrySettings,
  SHUTDOWN_DELAY_SECONDS: {
    is: integer(0, 15),
    unset: '0; in production 5',
    means:
      'How long a stopping service keeps serving requests while it reports that it is not ready, so that load balancers notice.',
  },
  DATA_DIR: {
    is: directory({ create: true }),
    default: './data',
    means: 'Directory of the embedded database and of the SECRET_KEY generated in development.',
  },

  ACCESS_TOKEN_EXPIRE_MINUTES: { is: integer(1, 1440), default: '15', means: 'Lifetime of an access token.' },
  REFRESH_TOKEN_EXPIRE_MINUTES: {
    is: integer(1, 576_000),
    default: '10080',
    means: 'Lifetime of a session after its last use.',
  },
  SESSION_MAX_AGE_DAYS: {
    is: integer(1, 400),
    default: '30',
    means: 'Maximum lifetime of a session after sign-in.',
  },
  REFRESH_REUSE_GRACE_SECONDS: {
    is: integer(0, 30),
    default: '10',
    means: 'How long a refresh token that was just replaced still returns its successor.',
  },
  REMEMBERED_SESSIONS: {
    is: integer(0, 10_000_000),
    default: '20000',
    means:
      'How many sessions, and as many API keys, an instance keeps in memory: those used last. Requests of others cost a query each.',
  },
  REFRESH_COOKIE: {
    is: onOff(),
    default: 'off',
    means: 'Allows pages of PUBLIC_URL and CORS_ORIGINS to keep their refresh token in a cookie.',
  },
  ...signInSettings,
  ...providerSettings,
  ...webhookSettings,
  ...apiKeySettings,
  PASSWORD_HASH: {
    is: oneOf(...passwordSchemes),
    default: 'argon2id',
    means: 'Algorithm of new password hashes.',
  },
  PASSWORD_POLICY: {
    is: oneOf(...passwordPolicies),
    default: 'classic',
    means: 'Rules for new passwords: classic requires 8 characters of three kinds, nist 15 of any kind.',
  },
  EMAIL_VERIFICATION: {
    is: oneOf('optional', 'required', 'off'),
    default: 'optional',
    means: 'Whether new email addresses are verified with a link, and whether sign-in requires it.',
  },
  REGISTRATION_PRIVACY: {
    is: oneOf('open', 'strict'),
    default: 'open',
    means: 'With strict, registration does not tell whether an email address is taken.',
  },
  AUDIT_ADDRESSES_DAYS: {
    is: integer(2, 36_500),
    default: '90',
    means: 'How long audit events keep full IP addresses. After that, only their networks are kept.',
  },
  AUDIT_RETENTION_DAYS: {
    is: integer(31, 36_500),
    default: '365',
    means: 'How long audit events are kept.',
  },
  RATE_LIMIT: { is: onOff(), default: 'on', means: 'Rate limits.' },
  SECRET_KEY_PREVIOUS: {
    is: secretOfBytes(32),
    secret: true,
    means: 'Former SECRET_KEY. What it signed stays valid.',
    unset: 'none',
  },
  ...legacySettings,
  ALGORITHM: {
    is: oneOf('HS256', 'EdDSA', 'ES256', 'RS256'),
    default: 'HS256',
    means: 'Signature algorithm of access tokens.',
  },
  JWT_PRIVATE_KEYS_DIR: {
    is: directory(),
    unset: 'none; required for every ALGORITHM except HS256',
    means: 'Directory of the signing keys: one file <kid>.pem (PKCS#8) for each.',
  },
  JWT_ISSUER: { is: text(), default: 'astra', means: 'Claim iss of access tokens.' },
  JWT_AUDIENCE: { is: text(), default: 'astra', means: 'Claim aud of access tokens.' },

  SMTP_URL: {
    is: url('smtp', 'smtps'),
    secret: true,
    unset: 'no messages are delivered; in development, GET /dev/mail shows them',
    means: 'Mail server that delivers messages.',
  },
  SMTP_TLS: {
    is: oneOf('required', 'opportunistic'),
    unset: 'required, except for a server on this machine',
    means: 'Whether messages are sent only over TLS, or also in plain text if SMTP_URL does not offer TLS.',
  },
  MAIL_FROM: { is: sender(), unset: 'no-reply at the host of PUBLIC_URL', means: 'Sender of messages.' },
  MAIL_LANGUAGE: { is: oneOf(...mailLanguages), default: 'en', means: 'Language of messages.' },
  MAIL_COLOR: {
    is: color(),
    default: '1f4fd8',
    means: 'Color of buttons in messages and on the pages that their links open.',
  },
  LOGO: {
    is: { mayBe: LOGO_MAY_BE, parse: (path) => (readLogo(path) ? path : undefined) },
    unset: 'the first letter of the name in MAIL_FROM',
    means: 'Logo on the pages of the service, the console and my account: the path of a file.',
  },
  WORKER: {
    is: onOff(),
    default: 'on',
    means:
      'Whether this process also runs the jobs of the queue, such as sending messages. If off, run "astra work" in another process.',
  },
  REDIS_URL: {
    is: redisUrl(),
    secret: true,
    unset: 'Postgres is used',
    means: 'Redis that stores the counters of rate limits.',
  },
  ADMIN_USERNAME: {
    is: username(),
    unset: 'none is created',
    means: 'Username of the first admin, created if there is none.',
  },
  ADMIN_EMAIL: { is: emailAddress(), unset: 'none is created', means: 'Email address of ADMIN_USERNAME.' },
  ADMIN_PASSWORD: { is: password(8, 128), secret: true, unset: 'none is created', means: 'Its password.' },
} as const satisfies Record<string, Setting>;

/** Name of a setting. */
export type SettingName = keyof typeof settings;

type ValueOf<S> = S extends { is: Parser<infer T> }
  ? T | (S extends { default: string } ? never : undefined)
  : never;

/** Parsed settings. A setting without a default may be `undefined`. */
export type SettingValues = { readonly [N in SettingName]: ValueOf<(typeof settings)[N]> };
