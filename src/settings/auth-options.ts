import type { MailOptions } from './mail-options.js';
import type { ModuleOptions } from './module-options.js';
import type { PasswordRule } from './password-rule.js';
import type { RateLimitOptions } from './rate-limit-options.js';
import type { RolesOption } from './roles-option.js';

/** What a host chooses when it imports Astra. Only `secretKey` has no default. */
export interface AuthOptions extends ModuleOptions {
  /** From which the signing keys are made: at least 32 bytes of UTF-8 from a real generator (RFC 7518, 3.2). */
  secretKey: string;
  /**
   * Keys that `secretKey` was before: what they signed stays good, new tokens are signed by `secretKey`. Name the
   * last one for as long as a session may live, then drop it. Default none.
   */
  previousSecretKeys?: readonly string[];
  /**
   * Takes secrets that are printed somewhere or plainly placeholders, such as FastAPI's example or `your-secret-key-here`,
   * for the tests and the first steps of a project. Everybody knows them and can sign tokens for any account. Default
   * `false`: the start is refused.
   */
  allowExampleSecrets?: boolean;
  /** Signature algorithm of access tokens. All but `HS256` need `jwtPrivateKeysDir`. Default `HS256`. */
  algorithm?: SignatureAlgorithm;
  /** Directory of the private keys, `<kid>.pem` in PKCS#8; `npm run astra -- rotate-keys` fills it. */
  jwtPrivateKeysDir?: string;
  /** The `iss` of access tokens. Default `"astra"`. */
  issuer?: string;
  /** The `aud` of access tokens. Default `"astra"`. */
  audience?: string;
  /** Life of an access token, in seconds. Default 900 (15 minutes). */
  accessTokenTtl?: number;
  /** How long a session lives without being used, in seconds. Default 604 800 (7 days). */
  sessionIdleTtl?: number;
  /** How long a session lives at most, in seconds. Default 2 592 000 (30 days). */
  sessionMaxTtl?: number;
  /**
   * For how long, in seconds, the parent of a refresh token still gets its successor once that was first used; until then
   * it always does, as the answer may have been lost. 0 to 30; default 10.
   */
  refreshReuseGrace?: number;
  /**
   * Lets pages that send `X-Astra-Client: browser` keep their refresh token in a cookie that no script can read; other
   * clients send and get it in the body. Default `false`: all do.
   */
  refreshCookie?: RefreshCookieOptions | false;
  /** Sessions that a user may have at once; the oldest ends. Default 20. */
  sessionsPerUser?: number;
  /** Sessions that are remembered in memory at once, about 1 kB each, to save a query a request. Default 20 000. */
  rememberedSessions?: number;
  /** The scheme of new password hashes; hashes of every known scheme are verified. Default `argon2id`. */
  passwordHash?: PasswordScheme;
  /** `classic` wants 8 characters, upper and lower case and a digit; `nist` wants 15 and no composition. Default `classic`. */
  passwordPolicy?: PasswordPolicyName;
  /** A rule of your own for new passwords, beside those of the policy. Default none. */
  passwordRule?: PasswordRule;
  /**
   * Whether new accounts get a mail by which their address is verified: `optional` sends it, under `required` nobody
   * signs in before, `off` sends none. Default `optional`.
   */
  emailVerification?: EmailVerification;
  /**
   * Whether registration tells that an address has an account already (`open`), or answers alike and tells its owner by
   * mail (`strict`): then an account begins when the link in its mail is opened, and until then its username is held for 24
   * hours, whether or not the address is free. Whether a username is taken is told in any case. Default `open`.
   */
  registrationPrivacy?: RegistrationPrivacy;
  /** How long a link that verifies an address, or sets the first password, is good; in seconds. Default 86 400 (24 hours). */
  emailVerificationTtl?: number;
  /** How long a link to choose a new password is good, in seconds. Default 1800 (30 minutes). */
  passwordResetTtl?: number;
  /** How long a link that confirms a new address is good, in seconds. Default 3600 (an hour). */
  emailChangeTtl?: number;
  /**
   * How links in mail begin: where people reach the application, with the path that a proxy serves it below, if any. The
   * prefix of a host need not be in it, but may: a process without routes, which only sends mail, knows of no other.
   * Default `http://localhost:8000`.
   */
  publicUrl?: string;
  /** How mail is sent, and what it looks like. */
  mail?: MailOptions;
  /** How often who may try what. `false`: as often as they like. Default all limits of {@link RateLimitOptions}. */
  rateLimits?: RateLimitOptions | false;
  /**
   * For how many days audit events keep whole addresses; after that they are cut to networks (/24 of IPv4, /48 of
   * IPv6). 2 to 36 500; default 90.
   */
  auditAddressDays?: number;
  /** For how many days audit events are kept. 31 to 36 500; default 365. */
  auditRetentionDays?: number;
  /**
   * What each role permits, for `@Permissions()`, and which roles there are beside `admin`, `moderator` and `user`: the
   * database must allow them too, see {@link allowRoles}. Default no more roles, and no permissions.
   */
  roles?: RolesOption;
  /**
   * Whether this process also works on what waits in the queue, mail above all. Where it is off, some other process
   * with the same options has to. Default `true`.
   */
  worker?: boolean;
}

/** Who may keep refresh tokens in a cookie. */
export interface RefreshCookieOptions {
  /**
   * Origins of pages that may, beside those of the API's own origin and of `publicUrl`: exact, such as
   * `https://app.example.com`. They also need CORS with credentials, and to be of the same site. Default none.
   */
  origins?: readonly string[];
}

/** Signature algorithms of access tokens (RFC 7518, RFC 8037). */
export const signatureAlgorithms = ['HS256', 'EdDSA', 'ES256', 'RS256'] as const;
/** Signature algorithm of access tokens. */
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** Schemes for new password hashes. */
export const passwordSchemes = ['argon2id', 'pbkdf2-sha256'] as const;
/** How new passwords are hashed. */
export type PasswordScheme = (typeof passwordSchemes)[number];

/** What is done about addresses that nobody has proven yet. */
export const emailVerifications = ['optional', 'required', 'off'] as const;
/** Whether an address must be proven: for signing in, some time, or not at all. */
export type EmailVerification = (typeof emailVerifications)[number];

/** What registration tells of addresses that are taken. */
export const registrationPrivacies = ['open', 'strict'] as const;
/** Whether registration tells that an address is taken. */
export type RegistrationPrivacy = (typeof registrationPrivacies)[number];

/** Rules for new passwords. */
export const passwordPolicies = ['classic', 'nist'] as const;
/** Which rules new passwords keep. */
export type PasswordPolicyName = (typeof passwordPolicies)[number];
