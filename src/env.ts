import { readFileSync } from 'node:fs';
import { config } from 'dotenv';
import {
  closest,
  color,
  directory,
  emailAddress,
  host,
  integer,
  isExampleSecret,
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
} from './env-parsers.js';
import { passwordPolicies, passwordSchemes } from './settings/auth-options.js';
import { mailLanguages } from './settings/mail-options.js';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const adminNames = ['ADMIN_USERNAME', 'ADMIN_EMAIL', 'ADMIN_PASSWORD'] as const;

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
  HOST: { is: host(), default: '0.0.0.0', means: 'Address to listen on.' },
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
  RATE_LIMIT: { is: onOff(), default: 'on', means: 'Limits how often a client may try.' },
  SECRET_KEY_PREVIOUS: {
    is: secretOfBytes(32),
    secret: true,
    means: 'SECRET_KEY until it was changed: what it signed stays good.',
    unset: 'none',
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
  MAIL_FROM: { is: sender(), unset: 'no-reply at the host of PUBLIC_URL', means: 'Sender of mail.' },
  MAIL_LANGUAGE: { is: oneOf(...mailLanguages), default: 'en', means: 'Language of mail.' },
  MAIL_COLOR: { is: color(), default: '1f4fd8', means: 'Colour of the buttons in mail.' },
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

type Name = keyof typeof settings;
type ValueOf<S> = S extends { is: Parser<infer T> }
  ? T | (S extends { default: string } ? never : undefined)
  : never;
type Values = { readonly [N in Name]: ValueOf<(typeof settings)[N]> };
type Refuse = (name: string, sentence: string) => void;

/** Variables as a process has them. */
export type Variables = Record<string, string | undefined>;

/** The settings, checked and frozen. Times are in seconds. */
export type Environment = DeepReadonly<ReturnType<typeof arrange>>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** All that is wrong with the settings: a line for each, with its name and what it may be, never its value. */
export class SettingsError extends Error {
  /** @param problems - A sentence for each of them. */
  constructor(readonly problems: readonly string[]) {
    super(['The settings are wrong:', ...problems].join('\n  '));
    this.name = 'SettingsError';
  }
}

/**
 * Reads the environment and, for variables that it lacks, `.env`.
 *
 * @throws {SettingsError} as {@link readEnvironment}, and if `.env` is there but cannot be read.
 */
export function loadEnvironment(variables: Variables = process.env, path = '.env'): Environment {
  // Each option is given, because dotenv takes the others from variables of its own (DOTENV_OVERRIDE ...).
  const options = {
    path,
    processEnv: variables,
    override: false,
    quiet: true,
    debug: false,
    encoding: 'utf8',
  };
  const { parsed = {}, error } = config(options);
  if (error && error.code !== 'ENOENT') throw new SettingsError(['.env must be a file that can be read']);
  return readEnvironment(variables, { ownNames: Object.keys(parsed) });
}

/**
 * Checks the settings and fills in their defaults. An empty variable counts as unset.
 *
 * @param options.ownNames - Variables that our own `.env` names. There any name that resembles a setting is a slip;
 *   elsewhere a short one may belong to the machine.
 * @throws {SettingsError} naming every setting that is wrong, missing, unknown, or does not go with another.
 */
export function readEnvironment(
  variables: Variables,
  { ownNames = [] as readonly string[] } = {},
): Environment {
  const problems = new Map<string, string>();
  const refuse: Refuse = (name, sentence) => {
    if (!problems.has(name)) problems.set(name, sentence); // the first is the cause of those after it
  };

  const entries = Object.entries<Setting>(settings);
  const parsed = entries.map(([name, setting]) => [name, valueOf(name, setting, variables, refuse)]);
  const values = Object.fromEntries(parsed) as Values; // what each `is` made, as `Values` says
  const rules = values.NODE_ENV === 'production' ? [...conflicts, ...productionConflicts] : conflicts;
  for (const [name, demand, isBroken] of rules) if (isBroken(values)) refuse(name, `${name} ${demand}`);
  refuseUnknown(variables, ownNames, refuse);

  if (problems.size > 0) throw new SettingsError([...problems.values()]);
  return deepFreeze(arrange(values));
}

function valueOf(name: string, setting: Setting, variables: Variables, refuse: Refuse): unknown {
  const given = (setting.secret && fromFile(name, variables, refuse)) || variables[name];
  const value = given ? setting.is.parse(given) : undefined;
  if (given && value === undefined) refuse(name, `${name} must be ${setting.is.mayBe}`);
  return value ?? (setting.default === undefined ? undefined : setting.is.parse(setting.default));
}

function fromFile(name: string, variables: Variables, refuse: Refuse): string | undefined {
  const path = variables[`${name}_FILE`];
  if (!path) return undefined;
  if (variables[name]) refuse(name, `${name} and ${name}_FILE must not both be set`);
  try {
    const content = new TextDecoder('utf-8', { fatal: true })
      .decode(readFileSync(path))
      .replace(/\r?\n$/, '');
    if (content) return content;
  } catch {
    // Not passed on: Node's message shows the path, which is a secret if it was put into the wrong variable.
  }
  refuse(name, `${name}_FILE must be the path of a file that can be read, is UTF-8 and is not empty`);
  return undefined;
}

/** What can be wrong between settings that are right by themselves: which to name, what to say, when. */
const conflicts: readonly [Name, string, (values: Values) => boolean][] = [
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
    'POSTGRES_TEST_DB',
    'must end in _test, because the tests empty it',
    (v) => isSet(v.POSTGRES_TEST_HOST) && !v.POSTGRES_TEST_DB.endsWith('_test'),
  ],
  [
    'JWT_PRIVATE_KEYS_DIR',
    'must be set, unless ALGORITHM is HS256',
    (v) => v.ALGORITHM !== 'HS256' && !isSet(v.JWT_PRIVATE_KEYS_DIR),
  ],
  ...adminNames.map((name): (typeof conflicts)[number] => [
    name,
    `must be set, as ${adminNames.join(', ')} go together`,
    (v) => !isSet(v[name]) && adminNames.some((other) => isSet(v[other])),
  ]),
];

/** What a production start is refused for besides. */
const productionConflicts: typeof conflicts = [
  ['SECRET_KEY', `must be set in production: ${settings.SECRET_KEY.is.mayBe}`, (v) => !isSet(v.SECRET_KEY)],
  [
    'SECRET_KEY',
    `must not be an example or a pattern in production: ${settings.SECRET_KEY.is.mayBe}`,
    (v) => isSet(v.SECRET_KEY) && isExampleSecret(v.SECRET_KEY),
  ],
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
    'SMTP_URL',
    'must be set in production while EMAIL_VERIFICATION is required: nobody could sign in',
    (v) => v.EMAIL_VERIFICATION === 'required' && !isSet(v.SMTP_URL),
  ],
];

/** Refuses variables that are no settings but were probably meant to be. */
function refuseUnknown(variables: Variables, ownNames: readonly string[], refuse: Refuse): void {
  const known = Object.entries<Setting>(settings).flatMap(([name, { secret }]) =>
    secret ? [name, `${name}_FILE`] : name,
  );
  for (const [name, given] of Object.entries(variables)) {
    if (!given || known.includes(name) || isForeign(name, given)) continue;
    const hasOurPrefix = ourPrefixes.test(name);
    const reach = hasOurPrefix ? Math.floor(name.length / 2) : name.length < 8 ? 1 : 2;
    const meant = closest(name.toUpperCase(), known, reach);
    if (hasOurPrefix || (meant && (name.length >= 8 || ownNames.includes(name)))) {
      refuse(name, `${name} is not a setting${meant ? `; did you mean ${meant}?` : ', see .env.example'}`);
    }
  }
}

const ourPrefixes =
  /^(ASTRA|ACCESS_TOKEN|REFRESH|SESSION|PASSWORD|EMAIL|REGISTRATION|RATE_LIMIT|TRUSTED|CORS|JWT|POSTGRES|SMTP|MAIL|METRICS|ADMIN)_/;

/** Of the postgres image, of X11 and of pass. */
const foreignNames =
  /^(POSTGRES_(INITDB_ARGS|INITDB_WALDIR|HOST_AUTH_METHOD)|SESSION_MANAGER|PASSWORD_STORE_\w+)$/;

/** What Kubernetes sets for each service of the namespace, which may be called "mail" or "astra". */
const serviceLinks = /_SERVICE_(HOST|PORT)(_\w+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/;

function isForeign(name: string, value: string): boolean {
  const isLink = serviceLinks.test(name) || (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value));
  return isLink || foreignNames.test(name);
}

/** Gives the settings the names and units of the code. */
function arrange(v: Values) {
  const production = v.NODE_ENV === 'production';
  const reachedAt = v.PUBLIC_URL ?? `http://localhost:${v.PORT}`;
  const account = { username: v.POSTGRES_USER, password: v.POSTGRES_PASSWORD, database: v.POSTGRES_DB };
  return {
    /** Whether `NODE_ENV` is `production`. */
    production,
    /** Address and port to listen on; port 0 takes any free one. */
    host: v.HOST,
    port: v.PORT,
    /** Addresses and CIDR ranges. */
    trustedProxies: v.TRUSTED_PROXIES ?? [],
    corsOrigins: v.CORS_ORIGINS ?? [],
    docs: v.DOCS ?? !production,
    logLevel: v.LOG_LEVEL,
    /** `undefined`: no metrics. */
    metricsPort: v.METRICS_PORT,
    /** An absolute path; there may be nothing yet. */
    dataDir: v.DATA_DIR,
    rateLimit: v.RATE_LIMIT,
    /** `undefined`: Postgres counts. */
    redisUrl: v.REDIS_URL,
    mail: {
      /** `undefined`: nothing is delivered. */
      smtpUrl: v.SMTP_URL,
      from: v.MAIL_FROM ?? `Astra <no-reply@${new URL(reachedAt).hostname}>`,
      language: v.MAIL_LANGUAGE,
      color: `#${v.MAIL_COLOR}`,
    },
    /** Where Postgres is: a URL, a server, or the embedded one, which is not for production. */
    database: isSet(v.DATABASE_URL)
      ? { url: v.DATABASE_URL }
      : isSet(v.POSTGRES_HOST)
        ? { host: v.POSTGRES_HOST, port: v.POSTGRES_PORT, ...account }
        : { embedded: true as const, ...account },
    /** The server of the tests; `undefined`: the embedded one. */
    testDatabase: isSet(v.POSTGRES_TEST_HOST)
      ? {
          host: v.POSTGRES_TEST_HOST,
          port: v.POSTGRES_TEST_PORT,
          username: v.POSTGRES_TEST_USER,
          password: v.POSTGRES_TEST_PASSWORD,
          database: v.POSTGRES_TEST_DB,
        }
      : undefined,
    /** The administrator to make if there is none. */
    admin:
      isSet(v.ADMIN_USERNAME) && isSet(v.ADMIN_EMAIL) && isSet(v.ADMIN_PASSWORD)
        ? { username: v.ADMIN_USERNAME, email: v.ADMIN_EMAIL, password: v.ADMIN_PASSWORD }
        : undefined,
    /** For `AuthModule.forRoot`. */
    auth: {
      /** `undefined`, never in production: one is to be made and kept in `dataDir`. */
      secretKey: v.SECRET_KEY,
      previousSecretKeys: isSet(v.SECRET_KEY_PREVIOUS) ? [v.SECRET_KEY_PREVIOUS] : [],
      publicUrl: reachedAt,
      worker: v.WORKER,
      accessTokenTtl: v.ACCESS_TOKEN_EXPIRE_MINUTES * MINUTE,
      sessionIdleTtl: v.REFRESH_TOKEN_EXPIRE_MINUTES * MINUTE,
      sessionMaxTtl: v.SESSION_MAX_AGE_DAYS * DAY,
      /** Seconds. */
      refreshReuseGrace: v.REFRESH_REUSE_GRACE_SECONDS,
      passwordHash: v.PASSWORD_HASH,
      passwordPolicy: v.PASSWORD_POLICY,
      emailVerification: v.EMAIL_VERIFICATION,
      registrationPrivacy: v.REGISTRATION_PRIVACY,
      algorithm: v.ALGORITHM,
      jwtPrivateKeysDir: v.JWT_PRIVATE_KEYS_DIR,
      issuer: v.JWT_ISSUER,
      audience: v.JWT_AUDIENCE,
    },
  };
}

function isSet<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function deepFreeze<T>(value: T): DeepReadonly<T> {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value as DeepReadonly<T>;
}
