import { fastapiOptions } from '../fastapi/env/fastapi-options.js';
import { postgresTls } from './settings/postgres-tls.js';
import type { SettingValues } from './settings/settings.js';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** The settings, checked and frozen. Times are in seconds. */
export type Environment = DeepReadonly<ReturnType<typeof arrange>>;

type DeepReadonly<T> = T extends Date | ((...args: never[]) => unknown)
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/**
 * Gives the settings the names and units of the code.
 *
 * @param warnings - What is permitted but hardly ever meant, a sentence each.
 */
export function environmentOf(values: SettingValues, warnings: readonly string[]): Environment {
  return deepFreeze(arrange(values, warnings));
}

/** The settings under the names, and in the units, of the code. */
function arrange(v: SettingValues, warnings: readonly string[]) {
  const production = v.NODE_ENV === 'production';
  const host = v.HOST ?? (production ? '0.0.0.0' : '127.0.0.1');
  const reachedAt = v.PUBLIC_URL ?? `http://localhost:${v.PORT}`;
  const account = { username: v.POSTGRES_USER, password: v.POSTGRES_PASSWORD, database: v.POSTGRES_DB };
  return {
    /** Whether `NODE_ENV` is `production`. */
    production,
    /** What is permitted but hardly ever meant, a sentence each. */
    warnings,
    /** Address and port to listen on; port 0 takes any free one. */
    host,
    port: v.PORT,
    /** Addresses and CIDR ranges. */
    trustedProxies: v.TRUSTED_PROXIES ?? [],
    corsOrigins: v.CORS_ORIGINS ?? [],
    docs: v.DOCS ?? !production,
    logLevel: v.LOG_LEVEL,
    /** `undefined`: no metrics. */
    metricsPort: v.METRICS_PORT,
    metricsHost: v.METRICS_HOST ?? host,
    /** Seconds. */
    shutdownDelay: v.SHUTDOWN_DELAY_SECONDS ?? (production ? 5 : 0),
    /** An absolute path; there may be nothing yet. */
    dataDir: v.DATA_DIR,
    rateLimit: v.RATE_LIMIT,
    /** `undefined`: Postgres counts. */
    redisUrl: v.REDIS_URL,
    mail: {
      /** `undefined`: nothing is delivered. */
      smtpUrl: v.SMTP_URL,
      /** `undefined`: as the server is on this machine or another. */
      smtpTls: v.SMTP_TLS,
      from: v.MAIL_FROM ?? `Astra <no-reply@${new URL(reachedAt).hostname}>`,
      language: v.MAIL_LANGUAGE,
      color: `#${v.MAIL_COLOR}`,
    },
    /** Where Postgres is: a URL, a server, or the embedded one, which is not for production. */
    database: isSet(v.DATABASE_URL)
      ? { url: v.DATABASE_URL }
      : isSet(v.POSTGRES_HOST)
        ? {
            host: v.POSTGRES_HOST,
            port: v.POSTGRES_PORT,
            ...account,
            ...postgresTls(v.POSTGRES_SSLMODE, v.POSTGRES_SSLROOTCERT),
          }
        : { embedded: true as const, ...account },
    /** Whom the service is to Postgres; `undefined`: the owner of the tables, or on the embedded server one that is made. */
    serviceRole: isSet(v.POSTGRES_SERVICE_USER)
      ? { username: v.POSTGRES_SERVICE_USER, password: v.POSTGRES_SERVICE_PASSWORD }
      : undefined,
    /** Of a host application in whose folder a command runs; `undefined`: the stand-alone service. */
    guest: undefined as { schema: string | undefined } | undefined,
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
    /** For `FastapiModule.forRoot`. */
    fastapi: fastapiOptions(v),
    /** For `AstraModule.forRoot`. */
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
      auditAddressDays: v.AUDIT_ADDRESSES_DAYS,
      auditRetentionDays: v.AUDIT_RETENTION_DAYS,
      refreshCookie: v.REFRESH_COOKIE && { origins: v.CORS_ORIGINS ?? [] },
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
