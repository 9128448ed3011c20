import { fastapiOptions } from '../fastapi/env/fastapi-options.js';
import type { ProviderOptions } from '../settings/providers/provider-options.js';
import { postgresTls } from './postgres-tls.js';
import type { SettingValues } from './settings/settings.js';
import { metricsExportOf, tracingOf } from './telemetry/telemetry-options.js';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** Validated and frozen settings. Times are in seconds unless stated otherwise. */
export type Environment = DeepReadonly<ReturnType<typeof arrange>>;

type DeepReadonly<T> = T extends Date | ((...args: never[]) => unknown)
  ? T
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/**
 * Converts the settings to the names and units of the code.
 *
 * @param providers - Providers whose users may sign in.
 * @param warnings - Settings that are allowed but hardly ever intended, one sentence each.
 */
export function environmentOf(
  values: SettingValues,
  providers: Readonly<Record<string, ProviderOptions>>,
  warnings: readonly string[],
): Environment {
  return deepFreeze(arrange(values, providers, warnings));
}

/** Settings with the names and units of the code. */
function arrange(
  v: SettingValues,
  providers: Readonly<Record<string, ProviderOptions>>,
  warnings: readonly string[],
) {
  const production = v.NODE_ENV === 'production';
  const host = v.HOST ?? (production ? '0.0.0.0' : '127.0.0.1');
  const reachedAt = v.PUBLIC_URL ?? `http://localhost:${v.PORT}`;
  const account = { username: v.POSTGRES_USER, password: v.POSTGRES_PASSWORD, database: v.POSTGRES_DB };
  const direct = isSet(v.DATABASE_DIRECT_URL) && { directUrl: v.DATABASE_DIRECT_URL };
  return {
    /** Whether `NODE_ENV` is `production`. */
    production,
    /** Settings that are allowed but hardly ever intended, one sentence each. */
    warnings,
    /** Host and port to listen on; port 0 takes any free one. */
    host,
    port: v.PORT,
    /** IP addresses and CIDR ranges. */
    trustedProxies: v.TRUSTED_PROXIES ?? [],
    corsOrigins: v.CORS_ORIGINS ?? [],
    console: v.CONSOLE ?? !production,
    docs: v.DOCS ?? !production,
    logLevel: v.LOG_LEVEL,
    /** `undefined`: no metrics are served. */
    metricsPort: v.METRICS_PORT,
    metricsHost: v.METRICS_HOST ?? host,
    /** `undefined`: no metrics are sent. */
    metricsExport: metricsExportOf(v),
    /** `undefined`: no traces are recorded. */
    tracing: tracingOf(v),
    /** Seconds. */
    shutdownDelay: v.SHUTDOWN_DELAY_SECONDS ?? (production ? 5 : 0),
    /** Absolute path; may not exist yet. */
    dataDir: v.DATA_DIR,
    /** Whether there are second factors at all. */
    secondFactor: v.SECOND_FACTOR !== 'off',
    /** Whether events are sent to endpoints of other systems. */
    webhooks: v.WEBHOOKS,
    /** Ways to sign in. */
    signInMethods: v.SIGN_IN_METHODS,
    /** Whether accounts can be registered without a password. */
    passwordless: v.PASSWORDLESS,
    /** Whether there are API keys. */
    apiKeys: v.API_KEYS,
    rateLimit: v.RATE_LIMIT,
    /** `undefined`: counters are stored in Postgres. */
    redisUrl: v.REDIS_URL,
    mail: {
      /** `undefined`: no messages are delivered. */
      smtpUrl: v.SMTP_URL,
      /** `undefined`: depends on whether the server is on this machine. */
      smtpTls: v.SMTP_TLS,
      from: v.MAIL_FROM ?? `Astra <no-reply@${new URL(reachedAt).hostname}>`,
      language: v.MAIL_LANGUAGE,
      color: `#${v.MAIL_COLOR}`,
      ...(isSet(v.LOGO) && { logo: v.LOGO }),
    },
    /** Database: a URL, a server, or the embedded one, which is not for production. */
    database: isSet(v.DATABASE_URL)
      ? { url: v.DATABASE_URL, ...direct }
      : isSet(v.POSTGRES_HOST)
        ? {
            host: v.POSTGRES_HOST,
            port: v.POSTGRES_PORT,
            ...account,
            ...postgresTls(v.POSTGRES_SSLMODE, v.POSTGRES_SSLROOTCERT),
            ...direct,
          }
        : { embedded: true as const, ...account },
    /** Role of the service; `undefined`: the owner of the tables or, on the embedded server, a role that is created. */
    serviceRole: isSet(v.POSTGRES_SERVICE_USER)
      ? { username: v.POSTGRES_SERVICE_USER, password: v.POSTGRES_SERVICE_PASSWORD }
      : undefined,
    /** Host application in whose folder a command runs; `undefined`: the stand-alone service. */
    guest: undefined as { schema: string | undefined } | undefined,
    /** Server of the tests; `undefined`: the embedded one. */
    testDatabase: isSet(v.POSTGRES_TEST_HOST)
      ? {
          host: v.POSTGRES_TEST_HOST,
          port: v.POSTGRES_TEST_PORT,
          username: v.POSTGRES_TEST_USER,
          password: v.POSTGRES_TEST_PASSWORD,
          database: v.POSTGRES_TEST_DB,
        }
      : undefined,
    /** Admin to create if there is none. */
    admin:
      isSet(v.ADMIN_USERNAME) && isSet(v.ADMIN_EMAIL) && isSet(v.ADMIN_PASSWORD)
        ? { username: v.ADMIN_USERNAME, email: v.ADMIN_EMAIL, password: v.ADMIN_PASSWORD }
        : undefined,
    /** Options of `FastapiModule.forRoot`. */
    fastapi: fastapiOptions(v),
    /** Options of `AstraModule.forRoot`. */
    auth: {
      /** `undefined` in development only: a key is generated and stored in `dataDir`. */
      secretKey: v.SECRET_KEY,
      previousSecretKeys: isSet(v.SECRET_KEY_PREVIOUS) ? [v.SECRET_KEY_PREVIOUS] : [],
      publicUrl: reachedAt,
      worker: v.WORKER,
      accessTokenTtl: v.ACCESS_TOKEN_EXPIRE_MINUTES * MINUTE,
      sessionIdleTtl: v.REFRESH_TOKEN_EXPIRE_MINUTES * MINUTE,
      sessionMaxTtl: v.SESSION_MAX_AGE_DAYS * DAY,
      /** Seconds. */
      refreshReuseGrace: v.REFRESH_REUSE_GRACE_SECONDS,
      rememberedSessions: v.REMEMBERED_SESSIONS,
      /** Seconds. */
      reauthenticationTtl: v.REAUTHENTICATION_TTL_SECONDS,
      /** Seconds. */
      emailCodeTtl: v.EMAIL_CODE_TTL_SECONDS,
      secondFactor: {
        required: v.SECOND_FACTOR === 'required' ? ('all' as const) : (v.SECOND_FACTOR_ROLES ?? []),
        issuer: v.TOTP_ISSUER,
      },
      auditAddressDays: v.AUDIT_ADDRESSES_DAYS,
      auditRetentionDays: v.AUDIT_RETENTION_DAYS,
      refreshCookie: v.REFRESH_COOKIE && { origins: v.CORS_ORIGINS ?? [] },
      providers,
      redirectUris: v.OIDC_REDIRECTS ?? [],
      linking: v.ACCOUNT_LINKING,
      providerNetworks: v.OIDC_ALLOW ?? [],
      webhooks: { allow: v.WEBHOOK_ALLOW ?? [], ports: v.WEBHOOK_PORTS ?? [], allowHttp: !production },
      apiKeys: { prefix: v.API_KEY_PREFIX, maxDays: v.API_KEY_MAX_DAYS },
      passkeys: { rpId: v.PASSKEY_RP_ID, origins: v.PASSKEY_ORIGINS },
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

/** Freezes an object with all objects inside it. */
function deepFreeze<T>(value: T): DeepReadonly<T> {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value as DeepReadonly<T>;
}
