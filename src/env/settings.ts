import {
  certificateFile,
  color,
  directory,
  emailAddress,
  host,
  integer,
  moment,
  networks,
  onOff,
  oneOf,
  origins,
  type Parser,
  password,
  publicUrl,
  secretOfBytes,
  sender,
  text,
  url,
  username,
} from './parsers.js';
import { sslModes } from './postgres-tls.js';
import { passwordPolicies, passwordSchemes } from '../settings/auth-options.js';
import { mailLanguages } from '../settings/mail-options.js';

/** One variable of the environment: it has a `default`, or `unset` says what its absence means. */
export type Setting = {
  readonly is: Parser<unknown>;
  readonly means: string;
  /** Also read from the file that `<NAME>_FILE` names. */
  readonly secret?: true;
  /** Its value in `.env.example`; without one it is commented out there. */
  readonly example?: string;
} & (
  { readonly default: string; readonly unset?: never } | { readonly unset: string; readonly default?: never }
);

const port = (min: 0 | 1) => integer(min, 65535);
const server = host({ socket: true });
const dbName = text(63); // Postgres cuts off what is longer
const dbPassword = password(1, 1024);

/** Every setting of the stand-alone service, in the order of `.env.example`. */
export const settings = {
  SECRET_KEY: {
    is: secretOfBytes(32),
    secret: true,
    example: 'your-secret-key-here-change-me-32-bytes-min',
    unset: 'development makes one and keeps it in DATA_DIR; production refuses to start',
    means: 'From it are made the keys of access and refresh tokens.',
  },
  POSTGRES_USER: { is: dbName, example: 'your_user', default: 'astra', means: 'Owner of the tables.' },
  POSTGRES_PASSWORD: {
    is: dbPassword,
    secret: true,
    example: 'your_password',
    unset: 'none is sent',
    means: 'Password of POSTGRES_USER.',
  },
  POSTGRES_DB: { is: dbName, example: 'your_database', default: 'astra', means: 'Name of the database.' },
  POSTGRES_TEST_USER: { is: dbName, example: 'test_user', default: 'astra', means: 'The user of the tests.' },
  POSTGRES_TEST_PASSWORD: {
    is: dbPassword,
    secret: true,
    example: 'test_password',
    unset: 'none is sent',
    means: 'Password of POSTGRES_TEST_USER.',
  },
  POSTGRES_TEST_DB: {
    is: dbName,
    example: 'astra_test',
    default: 'astra_test',
    means: 'Database of the tests, which empty it: with POSTGRES_TEST_HOST the name must end in _test.',
  },
  POSTGRES_SERVICE_USER: {
    is: dbName,
    example: 'astra_service',
    unset: 'POSTGRES_USER; on the embedded server a role is made',
    means: 'The role that the service runs as, which can change no table. "astra migrate" makes it.',
  },
  POSTGRES_SERVICE_PASSWORD: {
    is: dbPassword,
    secret: true,
    example: 'service_password',
    unset: 'none is sent',
    means:
      'Password of POSTGRES_SERVICE_USER; one that has another gets it by "astra migrate --set-password".',
  },
  POSTGRES_TEST_HOST: {
    is: server,
    unset: 'the tests start the embedded server',
    means: 'Server of the tests.',
  },
  POSTGRES_TEST_PORT: { is: port(1), default: '5432', means: 'Port of POSTGRES_TEST_HOST.' },
  POSTGRES_HOST: {
    is: server,
    unset: 'the embedded server; production needs this or DATABASE_URL',
    means: 'Server of the database.',
  },
  POSTGRES_PORT: { is: port(1), default: '5432', means: 'Port of POSTGRES_HOST.' },
  POSTGRES_SSLMODE: {
    is: oneOf(...sslModes),
    default: 'disable',
    means:
      'TLS to POSTGRES_HOST: require encrypts, verify-ca also checks who signed the certificate, verify-full its host name as well.',
  },
  POSTGRES_SSLROOTCERT: {
    is: certificateFile(),
    unset: 'the authorities that Node knows',
    means: 'File of the certificate (PEM) that signed that of POSTGRES_HOST.',
  },
  DATABASE_URL: {
    is: url('postgres', 'postgresql'),
    secret: true,
    unset: 'POSTGRES_* tell where it is',
    means: 'The database, instead of POSTGRES_*.',
  },

  NODE_ENV: {
    is: oneOf('development', 'test', 'production'),
    default: 'development',
    means: 'Production refuses missing and example secrets, and has no development aids.',
  },
  HOST: {
    is: host(),
    unset: '127.0.0.1, this machine alone; in production 0.0.0.0, every IPv4 address',
    means: 'IP address or host name to listen on.',
  },
  PORT: { is: port(0), default: '8000', means: 'Port to listen on; 0 takes any free one.' },
  PUBLIC_URL: { is: publicUrl(), unset: 'http://localhost:PORT', means: 'How links in mail begin.' },
  TRUSTED_PROXIES: { is: networks(), unset: 'none', means: 'Proxies whose X-Forwarded-For is believed.' },
  CORS_ORIGINS: { is: origins(), unset: 'none', means: 'Sites whose pages may call the API.' },
  DOCS: { is: onOff(), unset: 'on; in production off', means: 'Serves /docs, /redoc and /openapi.json.' },
  LOG_LEVEL: {
    is: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
    means: 'The least important lines that are logged.',
  },
  METRICS_PORT: { is: port(0), unset: 'no metrics', means: 'Port of GET /metrics; 0 takes any free one.' },
  METRICS_HOST: {
    is: host(),
    unset: 'as HOST',
    means: 'IP address or host name on which METRICS_PORT listens: metrics need no password.',
  },
  SHUTDOWN_DELAY_SECONDS: {
    is: integer(0, 15),
    unset: '0; in production 5',
    means: 'How long a stopped service goes on serving, not ready, until load balancers have noticed.',
  },
  DATA_DIR: {
    is: directory({ create: true }),
    default: './data',
    means: 'Keeps the embedded database and a SECRET_KEY that development made.',
  },

  ACCESS_TOKEN_EXPIRE_MINUTES: { is: integer(1, 1440), default: '15', means: 'Life of an access token.' },
  REFRESH_TOKEN_EXPIRE_MINUTES: {
    is: integer(1, 576_000),
    default: '10080',
    means: 'Life of a session from its last use.',
  },
  SESSION_MAX_AGE_DAYS: { is: integer(1, 400), default: '30', means: 'Life of a session from the sign-in.' },
  REFRESH_REUSE_GRACE_SECONDS: {
    is: integer(0, 30),
    default: '10',
    means: 'How long a refresh token that was just replaced still gets its successor.',
  },
  REFRESH_COOKIE: {
    is: onOff(),
    default: 'off',
    means: 'Lets pages of PUBLIC_URL and CORS_ORIGINS keep their refresh token in a cookie.',
  },
  PASSWORD_HASH: {
    is: oneOf(...passwordSchemes),
    default: 'argon2id',
    means: 'Scheme of new password hashes.',
  },
  PASSWORD_POLICY: {
    is: oneOf(...passwordPolicies),
    default: 'classic',
    means: 'Rules of new passwords: classic wants 8 characters of three kinds, nist 15 of any kind.',
  },
  EMAIL_VERIFICATION: {
    is: oneOf('optional', 'required', 'off'),
    default: 'optional',
    means: 'Whether new addresses are verified by mail, and whether sign-in waits for it.',
  },
  REGISTRATION_PRIVACY: {
    is: oneOf('open', 'strict'),
    default: 'open',
    means: 'With strict, registration does not tell whether an email address is taken.',
  },
  AUDIT_ADDRESSES_DAYS: {
    is: integer(2, 36_500),
    default: '90',
    means: 'How long audit events keep whole addresses; then only their networks.',
  },
  AUDIT_RETENTION_DAYS: {
    is: integer(31, 36_500),
    default: '365',
    means: 'How long audit events are kept.',
  },
  RATE_LIMIT: { is: onOff(), default: 'on', means: 'Limits how often a client may try.' },
  SECRET_KEY_PREVIOUS: {
    is: secretOfBytes(32),
    secret: true,
    means: 'SECRET_KEY until it was changed: what it signed stays good.',
    unset: 'none',
  },
  LEGACY_SECRET_KEY: {
    is: secretOfBytes(32),
    secret: true,
    means: 'SECRET_KEY of the FastAPI service: its tokens are honoured until LEGACY_TOKENS_UNTIL.',
    unset: 'none of its tokens is',
  },
  LEGACY_TOKENS_UNTIL: {
    is: moment(),
    means: 'End of the cut-over from the FastAPI service, at most 30 days ahead.',
    unset: 'goes with LEGACY_SECRET_KEY',
  },
  ALGORITHM: {
    is: oneOf('HS256', 'EdDSA', 'ES256', 'RS256'),
    default: 'HS256',
    means: 'How access tokens are signed.',
  },
  JWT_PRIVATE_KEYS_DIR: {
    is: directory(),
    unset: 'none; every ALGORITHM but HS256 needs it',
    means: 'Signing keys: a file <kid>.pem for each, in PKCS#8.',
  },
  JWT_ISSUER: { is: text(), default: 'astra', means: 'Claim iss of access tokens.' },
  JWT_AUDIENCE: { is: text(), default: 'astra', means: 'Claim aud of access tokens.' },

  SMTP_URL: {
    is: url('smtp', 'smtps'),
    secret: true,
    unset: 'nothing is delivered; in development GET /dev/mail shows it',
    means: 'Server that delivers mail.',
  },
  SMTP_TLS: {
    is: oneOf('required', 'opportunistic'),
    unset: 'required, but for a server on this machine',
    means: 'Whether mail goes out only by TLS, or also in clear where SMTP_URL offers none.',
  },
  MAIL_FROM: { is: sender(), unset: 'no-reply at the host of PUBLIC_URL', means: 'Sender of mail.' },
  MAIL_LANGUAGE: { is: oneOf(...mailLanguages), default: 'en', means: 'Language of mail.' },
  MAIL_COLOR: {
    is: color(),
    default: '1f4fd8',
    means: 'Colour of buttons, in mail and on the pages that mail links open.',
  },
  WORKER: {
    is: onOff(),
    default: 'on',
    means: 'This process also works on the queue, which mail waits in; if off, another has to: astra work.',
  },
  REDIS_URL: {
    is: url('redis', 'rediss'),
    secret: true,
    unset: 'Postgres counts',
    means: 'Redis server that counts for the rate limits.',
  },
  ADMIN_USERNAME: { is: username(), unset: 'none is made', means: 'Administrator to make if there is none.' },
  ADMIN_EMAIL: { is: emailAddress(), unset: 'none is made', means: 'Email address of ADMIN_USERNAME.' },
  ADMIN_PASSWORD: { is: password(8, 128), secret: true, unset: 'none is made', means: 'Its password.' },
} as const satisfies Record<string, Setting>;
/** The name of a setting. */
export type SettingName = keyof typeof settings;

type ValueOf<S> = S extends { is: Parser<infer T> }
  ? T | (S extends { default: string } ? never : undefined)
  : never;

/** What was read: a setting without a default may be `undefined`. */
export type SettingValues = { readonly [N in SettingName]: ValueOf<(typeof settings)[N]> };
