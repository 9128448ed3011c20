import type { ApiKeyOptions } from './api-keys/api-key-settings.js';
import type { MailOptions } from './mail/mail-options.js';
import type { ModuleOptions } from './module-options.js';
import type { PasskeyOptions } from './passkey-settings.js';
import type { PasswordRule } from './password-rule.js';
import type { ProviderOptionSet } from './providers/provider-settings.js';
import type { RateLimitOptions } from './rate-limits/rate-limit-options.js';
import type { RoleName, RolesOption } from './roles-option.js';
import type { WebhookOptions } from './webhooks/webhook-settings.js';

/** Options for a host that imports Astra. Only `secretKey` is required. */
export interface AstraOptions extends ModuleOptions, ProviderOptionSet {
  /**
   * Secret from which keys are derived: at least 32 bytes of UTF-8 from a secure random generator (RFC 7518,
   * 3.2).
   */
  secretKey: string;
  /**
   * Previous values of `secretKey`: tokens signed with them stay valid, new tokens are signed with
   * `secretKey`. Keep the last one for the maximum lifetime of a session, then remove it. Default none.
   */
  previousSecretKeys?: readonly string[];
  /**
   * Accepts published secrets and obvious placeholders, such as FastAPI's example or `your-secret-key-here`,
   * for tests and the first steps of a project. Anyone can use them to sign tokens for any account. Default
   * `false`: the application does not start.
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
  /** Lifetime of an access token, in seconds. Default 900 (15 minutes). */
  accessTokenTtl?: number;
  /** Lifetime of an unused session, in seconds. Default 604 800 (7 days). */
  sessionIdleTtl?: number;
  /** Maximum lifetime of a session, in seconds. Default 2 592 000 (30 days). */
  sessionMaxTtl?: number;
  /**
   * Time in seconds for which the parent of a refresh token still yields the successor after the successor's
   * first use. Until that use it always does, as the response may have been lost. 0 to 30; default 10.
   */
  refreshReuseGrace?: number;
  /**
   * Keeps the refresh token of pages that send `X-Astra-Client: browser` in a cookie that scripts cannot
   * read; other clients send and receive it in the body. Default `false`: always in the body.
   */
  refreshCookie?: RefreshCookieOptions | false;
  /**
   * Time in seconds for which a sign-in counts as recent, as sensitive operations and `@RecentSignIn()` require. 60 to
   * 3600; default 300 (5 minutes).
   */
  reauthenticationTtl?: number;
  /** Users who must have a second factor, and its name in their apps. Requires `features.secondFactor`. */
  secondFactor?: SecondFactorOptions;
  /** Maximum number of sessions per user; the oldest one is ended. Default 20. */
  sessionsPerUser?: number;
  /**
   * Number of sessions, and of API keys, cached in memory, which saves a query per request: the most recently used ones. A
   * session takes about 2 kB. From 0 to 10 000 000; default 20 000.
   */
  rememberedSessions?: number;
  /** API keys, and the scopes of the host's own routes. Requires `features.apiKeys`. */
  apiKeys?: ApiKeyOptions;
  /** Domain of passkeys, and origins that may use them. */
  passkeys?: PasskeyOptions;
  /** Networks and ports of the endpoints of webhooks, with `features.webhooks`. */
  webhooks?: WebhookOptions;
  /** Scheme of new password hashes; hashes of all supported schemes are verified. Default `argon2id`. */
  passwordHash?: PasswordScheme;
  /**
   * `classic` requires 8 characters with uppercase, lowercase and a digit; `nist` requires 15 of any kind.
   * Default `classic`.
   */
  passwordPolicy?: PasswordPolicyName;
  /** Custom rule for new passwords, in addition to the policy. Default none. */
  passwordRule?: PasswordRule;
  /**
   * Verification of the email address of new accounts: `optional` sends a link, `required` also prevents
   * sign-ins until it was used, `off` sends none. Default `optional`.
   */
  emailVerification?: EmailVerification;
  /**
   * Whether registration reveals that an email address already has an account (`open`), or responds in the
   * same way and notifies the owner by email (`strict`). With `strict`, an account is created when the
   * emailed link is opened; until then its username is reserved for 24 hours, whether or not the email
   * address is available. A taken username is always revealed. Default `open`.
   */
  registrationPrivacy?: RegistrationPrivacy;
  /**
   * Lifetime of a link that verifies an email address or sets the first password, in seconds. Default 86 400
   * (24 hours).
   */
  emailVerificationTtl?: number;
  /** Lifetime of a code by email, in seconds. 60 to 900; default 600 (10 minutes; NIST SP 800-63B-4, 3.1.3.2). */
  emailCodeTtl?: number;
  /** Lifetime of a link to reset a password, in seconds. Default 1800 (30 minutes). */
  passwordResetTtl?: number;
  /** Lifetime of a link that confirms a new email address, in seconds. Default 3600 (an hour). */
  emailChangeTtl?: number;
  /**
   * Base URL of emailed links: the public URL of the application, including the path below which a proxy
   * serves it. The host's own prefix is optional, but required in a process without routes that only sends
   * messages. Default `http://localhost:8000`.
   */
  publicUrl?: string;
  /** Sending and appearance of messages. */
  mail?: MailOptions;
  /** Rate limits; `false` disables them. Default all limits of {@link RateLimitOptions}. */
  rateLimits?: RateLimitOptions | false;
  /**
   * Days after which IP addresses in audit events are reduced to networks (/24 for IPv4, /48 for IPv6). 2 to
   * 36 500; default 90.
   */
  auditAddressDays?: number;
  /** Days after which audit events are deleted. 31 to 36 500; default 365. */
  auditRetentionDays?: number;
  /**
   * Permissions of each role, for `@Permissions()`, and roles in addition to `admin`, `moderator` and `user`,
   * which the database must allow too: see {@link allowRoles}. Default: no additional roles, and no
   * permissions.
   */
  roles?: RolesOption;
  /**
   * Whether this process also processes the queue, which mainly holds messages. If `false`, another process
   * with the same options has to. Default `true`.
   */
  worker?: boolean;
}

/** Pages that may keep refresh tokens in a cookie. */
export interface RefreshCookieOptions {
  /**
   * Exact origins of these pages, such as `https://app.example.com`, in addition to the API's own origin and
   * that of `publicUrl`. They must be of the same site, and need CORS with credentials. Default none.
   */
  origins?: readonly string[];
}

/** Requirement of second factors. */
export interface SecondFactorOptions {
  /** Roles whose users must have one, or `'all'`. They add it when they sign in. Default none. */
  required?: 'all' | readonly RoleName[];
  /** Name of the service in authenticator apps. 1 to 80 characters without a colon. Default the product name of messages. */
  issuer?: string;
}

/** Signature algorithms of access tokens (RFC 7518, RFC 8037). */
export const signatureAlgorithms = ['HS256', 'EdDSA', 'ES256', 'RS256'] as const;
/** Signature algorithm of access tokens. */
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** Schemes for new password hashes. */
export const passwordSchemes = ['argon2id', 'pbkdf2-sha256'] as const;
/** Scheme for new password hashes. */
export type PasswordScheme = (typeof passwordSchemes)[number];

/** Ways to handle unverified email addresses. */
export const emailVerifications = ['optional', 'required', 'off'] as const;
/** Whether an email address must be verified: to sign in, optionally, or not at all. */
export type EmailVerification = (typeof emailVerifications)[number];

/** Ways to handle taken email addresses at registration. */
export const registrationPrivacies = ['open', 'strict'] as const;
/** Whether registration reveals that an email address is taken. */
export type RegistrationPrivacy = (typeof registrationPrivacies)[number];

/** Rules for new passwords. */
export const passwordPolicies = ['classic', 'nist'] as const;
/** Policy for new passwords. */
export type PasswordPolicyName = (typeof passwordPolicies)[number];
