import {
  type AstraOptions,
  type EmailVerification,
  emailVerifications,
  passwordPolicies,
  type PasswordPolicyName,
  passwordSchemes,
  type RefreshCookieOptions,
  type PasswordScheme,
  registrationPrivacies,
  type RegistrationPrivacy,
  signatureAlgorithms,
  type SignatureAlgorithm,
} from './astra-options.js';
import { type ApiKeySettings, apiKeySettings } from './api-keys/api-key-settings.js';
import { checkedFeatures, type FeatureSet } from './module-options.js';
import { checkedSecret } from './secrets/checked-secret.js';
import { isGuessableSecret } from './secrets/guessable-secret.js';
import { type RelyingParty, relyingPartyOf } from './passkey-settings.js';
import type { PasswordRule } from './password-rule.js';
import { type ProviderSettings, providerSettings } from './providers/provider-settings.js';
import { MailSettings } from './mail/mail-settings.js';
import { RateLimitSettings } from './rate-limits/rate-limit-settings.js';
import { type SecondFactorSettings, secondFactorSettings } from './second-factor-settings.js';
import { checkedRoles, type RoleMap } from './roles-option.js';
import { type WebhookSettings, webhookSettings } from './webhooks/webhook-settings.js';

const DAY = 24 * 60 * 60;

/** Default of the option `publicUrl`. */
export const DEFAULT_PUBLIC_URL = 'http://localhost:8000';

/** Validated options of a host, with defaults. {@link AuthOptions} describes them. */
export class AuthSettings {
  readonly features: FeatureSet;
  readonly secretKey: string;
  readonly previousSecretKeys: readonly string[];
  readonly allowExampleSecrets: boolean;
  /** Whether a secret is repetitive or an allowed example, which causes a warning. */
  readonly secretsAreGuessable: boolean;
  readonly algorithm: SignatureAlgorithm;
  /** `undefined` for HS256. */
  readonly privateKeysDir: string | undefined;
  readonly issuer: string;
  readonly audience: string;
  readonly accessTokenTtl: number;
  readonly sessionIdleTtl: number;
  readonly sessionMaxTtl: number;
  readonly refreshReuseGrace: number;
  /** Origins whose pages may use the refresh cookie; `undefined`: the cookie is disabled. */
  readonly refreshCookieOrigins: ReadonlySet<string> | undefined;
  readonly reauthenticationTtl: number;
  readonly secondFactor: SecondFactorSettings;
  readonly sessionsPerUser: number;
  readonly rememberedSessions: number;
  readonly passwordHash: PasswordScheme;
  readonly passwordPolicy: PasswordPolicyName;
  /** `undefined`: only the policy applies. */
  readonly passwordRule: PasswordRule | undefined;
  readonly emailVerification: EmailVerification;
  readonly registrationPrivacy: RegistrationPrivacy;
  readonly emailVerificationTtl: number;
  readonly emailCodeTtl: number;
  readonly passwordResetTtl: number;
  readonly emailChangeTtl: number;
  /** Without a trailing slash. */
  readonly publicUrl: string;
  /** `null` if browsers would refuse passkeys, or the feature is disabled. */
  readonly passkeys: RelyingParty | null;
  readonly providers: ProviderSettings;
  readonly webhooks: WebhookSettings;
  readonly apiKeys: ApiKeySettings;
  readonly mail: MailSettings;
  readonly rateLimits: RateLimitSettings;
  readonly auditAddressDays: number;
  readonly auditRetentionDays: number;
  readonly roles: RoleMap;
  readonly worker: boolean;

  /** @throws {RangeError} with the name of an invalid option and its valid values, but never its value. */
  constructor(options: AstraOptions) {
    this.features = checkedFeatures(options.features);
    this.allowExampleSecrets = options.allowExampleSecrets ?? false;
    this.secretKey = checkedSecret('secretKey', options.secretKey, this);
    this.previousSecretKeys = (options.previousSecretKeys ?? []).map((key) =>
      checkedSecret('previousSecretKeys', key, this),
    );
    this.secretsAreGuessable = [this.secretKey, ...this.previousSecretKeys].some(isGuessableSecret);
    this.algorithm = oneOf('algorithm', options.algorithm ?? 'HS256', signatureAlgorithms);
    this.privateKeysDir = this.algorithm === 'HS256' ? undefined : options.jwtPrivateKeysDir;
    if (this.algorithm !== 'HS256' && !this.privateKeysDir) {
      throw new RangeError(
        `jwtPrivateKeysDir must name the directory of the private keys for ${this.algorithm}`,
      );
    }
    this.issuer = text('issuer', options.issuer ?? 'astra');
    this.audience = text('audience', options.audience ?? 'astra');
    this.accessTokenTtl = within('accessTokenTtl', options.accessTokenTtl ?? 15 * 60, 1, DAY);
    this.sessionMaxTtl = within('sessionMaxTtl', options.sessionMaxTtl ?? 30 * DAY, 60, 400 * DAY);
    this.sessionIdleTtl = within('sessionIdleTtl', options.sessionIdleTtl ?? 7 * DAY, 60, this.sessionMaxTtl);
    this.refreshReuseGrace = within('refreshReuseGrace', options.refreshReuseGrace ?? 10, 0, 30);
    this.reauthenticationTtl = within('reauthenticationTtl', options.reauthenticationTtl ?? 300, 60, 3_600);
    this.sessionsPerUser = within('sessionsPerUser', options.sessionsPerUser ?? 20, 1, 1000);
    this.rememberedSessions = within(
      'rememberedSessions',
      options.rememberedSessions ?? 20_000,
      0,
      10_000_000,
    );
    this.passwordHash = oneOf('passwordHash', options.passwordHash ?? 'argon2id', passwordSchemes);
    this.passwordPolicy = oneOf('passwordPolicy', options.passwordPolicy ?? 'classic', passwordPolicies);
    this.passwordRule = options.passwordRule;
    if (this.passwordRule && typeof this.passwordRule !== 'function')
      throw new RangeError('passwordRule must be a function');
    this.emailVerification = oneOf(
      'emailVerification',
      options.emailVerification ?? (this.features.mail ? 'optional' : 'off'),
      emailVerifications,
    );
    this.registrationPrivacy = oneOf(
      'registrationPrivacy',
      options.registrationPrivacy ?? 'open',
      registrationPrivacies,
    );
    this.emailVerificationTtl = within(
      'emailVerificationTtl',
      options.emailVerificationTtl ?? DAY,
      60,
      30 * DAY,
    );
    this.emailCodeTtl = within('emailCodeTtl', options.emailCodeTtl ?? 10 * 60, 60, 15 * 60);
    this.passwordResetTtl = within('passwordResetTtl', options.passwordResetTtl ?? 30 * 60, 60, DAY);
    this.emailChangeTtl = within('emailChangeTtl', options.emailChangeTtl ?? 60 * 60, 60, DAY);
    this.publicUrl = webAddress('publicUrl', options.publicUrl ?? DEFAULT_PUBLIC_URL);
    const relyingParty = relyingPartyOf(options.passkeys ?? {}, this.publicUrl);
    this.passkeys = this.features.passkeys ? relyingParty : null;
    this.apiKeys = apiKeySettings(options.apiKeys ?? {}, this.features);
    this.refreshCookieOrigins = options.refreshCookie
      ? new Set([new URL(this.publicUrl).origin, ...origins(options.refreshCookie)])
      : undefined;
    this.providers = providerSettings(options, {
      publicUrl: this.publicUrl,
      allowLoopback: this.allowExampleSecrets,
      isEnabled: this.features.providers,
    });
    this.webhooks = webhookSettings(options.webhooks);
    this.mail = new MailSettings(options.mail ?? {}, this.publicUrl);
    this.rateLimits = new RateLimitSettings(options.rateLimits ?? {});
    // One day more than the minimum of the database, whose clock may differ.
    this.auditAddressDays = within('auditAddressDays', options.auditAddressDays ?? 90, 2, 36_500);
    this.auditRetentionDays = within('auditRetentionDays', options.auditRetentionDays ?? 365, 31, 36_500);
    this.roles = checkedRoles(options.roles ?? {});
    this.secondFactor = secondFactorSettings(options.secondFactor, this);
    this.worker = options.worker ?? true;
    if (!this.features.mail) assertMailUnneeded(options);
    for (const name of ['emailCode', 'passwordless'] as const)
      if (this.features[name] && this.emailVerification === 'off')
        throw new RangeError(`features.${name} must be false where emailVerification is off`);
    if (this.registrationPrivacy === 'strict' && this.emailVerification === 'off')
      throw new RangeError('registrationPrivacy must be open where emailVerification is off');
  }
}

/** Rejects options that need email if the feature is disabled. */
function assertMailUnneeded({
  emailVerification = 'off',
  registrationPrivacy = 'open',
  mail,
}: AstraOptions): void {
  const because = 'where features.mail is false';
  if (emailVerification !== 'off') throw new RangeError(`emailVerification must be off ${because}`);
  if (registrationPrivacy !== 'open') throw new RangeError(`registrationPrivacy must be open ${because}`);
  if (mail) throw new RangeError(`mail must be left out ${because}`);
}

/** Validates a base URL, and removes trailing slashes. */
function webAddress(name: string, value: string): string {
  if (!/^https?:\/\/[^\s?#@]+$/.test(value) || !URL.canParse(value))
    throw new RangeError(`${name} must be an http:// or https:// URL without credentials, query or fragment`);
  return value.replace(/\/+$/, '');
}

function origins({ origins = [] }: RefreshCookieOptions): readonly string[] {
  if (!origins.every((origin) => /^https?:/.test(origin) && URL.parse(origin)?.origin === origin))
    throw new RangeError('refreshCookie.origins must be origins such as https://app.example.com');
  return origins;
}

function text(name: string, value: string): string {
  if (typeof value !== 'string' || value === '')
    throw new RangeError(`${name} must be a text that is not empty`);
  return value;
}

function within(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

function oneOf<T extends string>(name: string, value: T, choices: readonly T[]): T {
  if (!choices.includes(value)) throw new RangeError(`${name} must be one of: ${choices.join(', ')}`);
  return value;
}
