// Public API for host applications. Nothing else is public.

// Public API for host applications.
export { type AstraDynamicModule, AstraModule } from './astra.module.js';
export { type FastapiAsyncOptions, FastapiModule } from './fastapi/fastapi.module.js';
export type { FastapiOptions, LegacyTokenOptions } from './fastapi/fastapi-settings.js';
export { PasswordChangeService } from './auth/passwords/change/password-change.service.js';
export type { PasswordReplacement } from './auth/passwords/password-replacement.service.js';
export { type Registration, RegistrationService } from './auth/registration/registration.service.js';
export type {
  AstraOptions,
  EmailVerification,
  PasswordPolicyName,
  PasswordScheme,
  RefreshCookieOptions,
  RegistrationPrivacy,
  SecondFactorOptions,
  SignatureAlgorithm,
} from './settings/astra-options.js';
export type { MailLink, MailOptions } from './settings/mail/mail-options.js';
export type {
  FailureLimits,
  Quota,
  QuotaName,
  Quotas,
  RateLimitOptions,
} from './settings/rate-limits/rate-limit-options.js';
export type { Features, ModuleOptions, PagesOptions } from './settings/module-options.js';
export type { PasswordReason, PasswordRule } from './settings/password-rule.js';
export type { AstraAsyncOptions, FactoryOptions } from './settings/installation.js';
export { UsersModule } from './users/users.module.js';
export { type NewUser, type UserChanges, UsersService } from './users/users.service.js';

// Creation of the first admin by the host's own application, so that its hooks run.
export { ensureAdministrator, type FirstAdministrator } from './auth/first-administrator.js';

// Account events: to react to them, to reject them, or to write in the same transaction.
export { PasswordChanged, type PasswordChangeReason } from './auth/passwords/password-changed.event.js';
export { PasswordRemoved } from './auth/passwords/password-removed.event.js';
export { FactorAdded, FactorRemoved, RecoveryCodeUsed } from './auth/factors/factor-events.js';
export { PasskeyAdded, PasskeyRemoved } from './auth/factors/passkeys/passkey-events.js';
export {
  IdentityLinked,
  IdentityProven,
  IdentityUnlinked,
} from './auth/providers/identities/identity-events.js';
export type { ProviderTokens } from './auth/providers/proven-identity.js';
export { ApiKeyCreated, ApiKeyRevoked } from './auth/api-keys/api-key-events.js';
export { Reauthenticated } from './auth/reauthentication/reauthenticated.event.js';
export { SessionEnded, SignedIn } from './auth/sessions/session-events.js';
export { SessionEnd } from './auth/sessions/session.entity.js';
export {
  AccountEvent,
  AccountEvents,
  type AccountEventType,
  type AccountHook,
  type AccountListener,
} from './users/events/account-events.js';
export {
  EmailChanged,
  EmailVerified,
  RoleChanged,
  UserActivated,
  UserDeactivated,
  UserDeleted,
  UserErased,
  UserRegistered,
  UserRestored,
  UserUpdated,
} from './users/events/user-events.js';

// Protection of the host's own routes.
export { isAstraRoute } from './access/astra-controller.decorator.js';
export { type AstraTag, describeAstra, type DescribeOptions } from './openapi/describe-astra.js';
export { addAstraRoles, addAstraSecurity } from './access/openapi/openapi-document.js';
export { Authenticated } from './access/authenticated.decorator.js';
export { CurrentUser } from './access/current-user.decorator.js';
export { type Client, FromClient } from './access/client.decorator.js';
export type { Principal, SessionHolder, SessionPrincipal, TokenHolder } from './access/principal.js';
export { Public } from './access/public.decorator.js';
export { bearerToken } from './access/guards/jwt.strategy.js';
export { type Socket, Sockets } from './access/sockets/sockets.js';
export { SocketsModule } from './access/sockets/sockets.module.js';
export { Role } from './settings/role.js';
export { RecentSignIn, TwoFactors } from './access/guards/recent-sign-in.guard.js';
export type { SignInRequirement } from './access/recent-sign-in.js';
export { Scopes } from './access/guards/scopes.decorator.js';
export { Permissions, Roles } from './access/guards/roles.guard.js';
export { allowRoles } from './schema/allow-roles.js';
export type {
  CustomPermissions,
  CustomRoles,
  Permission,
  RoleName,
  RolesOption,
} from './settings/roles-option.js';

// Verification of access tokens in a service without access to the accounts.
export {
  AstraVerifierModule,
  type VerifierAsyncOptions,
  type VerifierOptions,
} from './verifier/verifier.module.js';
export type { TokenVerifierOptions } from './verifier/token-verifier.js';

// Tables and migrations for the host's own DataSource.
export {
  dataSourceOptions as astraDataSource,
  type AstraDataSourceOptions,
  type DatabaseConnection,
} from './schema/data-source-options.js';
export { entities as astraEntities } from './schema/entities.js';
export { migrations as astraMigrations } from './schema/migrations.js';
export { User } from './users/user.entity.js';

// Email: a custom mailer or SMTP, and texts in other languages.
export { DevMailbox, type KeptMessage } from './mail/dev/dev-mailbox.js';
export { Mailer, type OutgoingMessage, UndeliverableError } from './settings/mail/mailer.js';
export { de as germanMail } from './mail/texts/de.js';
export { en as englishMail } from './mail/texts/en.js';
export { SmtpMailer, type SmtpOptions } from './mail/smtp-mailer.js';
export type {
  MailData,
  MailLanguage,
  MailTemplate,
  MailText,
  MailTexts,
  TextData,
} from './settings/mail/mail-language.js';

// Errors.
export {
  AmbiguousCredentialsError,
  ApiKeyNotAcceptedError,
  InsufficientPermissionError,
  InsufficientRoleError,
  InsufficientScopeError,
  InvalidTokenError,
  NotAuthenticatedError,
  ReauthenticationRequiredError,
} from './access/access.errors.js';
export { InvalidMailTokenError } from './auth/one-time-tokens/one-time-tokens.errors.js';
export {
  FactorEnrolmentRequiredError,
  FactorRequiredError,
  InvalidSignInError,
} from './auth/sign-in/continuation/continuation.errors.js';
export { InvalidProofError } from './auth/factors/factors.errors.js';
export { InactiveUserError } from './auth/sign-in/sign-in.errors.js';
export {
  InvalidPasskeyError,
  PasskeyExistsError,
  TooManyPasskeysError,
  UnknownPasskeyError,
} from './auth/factors/passkeys/passkeys.errors.js';
export { LastSignInMethodError, PasswordExistsError } from './auth/ways-in/ways-in.errors.js';
export {
  AccessDeniedError,
  IdentityTakenError,
  InvalidIdTokenError,
  InvalidStateError,
  ProviderUnavailableError,
} from './auth/providers/providers.errors.js';
export {
  AccountLinkRequiredError,
  RegistrationClosedError,
  RegistrationRequiredError,
} from './auth/sign-in/provider/provider-sign-in.errors.js';
export type {
  AccountLinking,
  ProviderOptions,
  ProvidersOption,
} from './settings/providers/provider-options.js';
export { TooManyApiKeysError } from './auth/api-keys/api-keys.errors.js';
export type { ApiKeyOptions } from './settings/api-keys/api-key-settings.js';
export type { PasskeyOptions } from './settings/passkey-settings.js';
export type { WebhookOptions } from './settings/webhooks/webhook-settings.js';
export { InvalidCredentialsError } from './auth/passwords/passwords.errors.js';
export { CrossSiteRequestError, InvalidRefreshTokenError } from './auth/refresh/refresh.errors.js';
export type { ProblemCode } from './http/problem/problem-types.js';
export { ProblemFilter } from './http/problem/problem.filter.js';
export {
  type FieldError,
  InvalidInputError,
  NotFoundError,
  OverloadedError,
  Problem,
  type ProblemDocument,
  UnavailableError,
} from './http/problem/problem.js';
export { TooManyRequestsError } from './rate-limit/rate-limit.errors.js';
export {
  EmailNotVerifiedError,
  EmailTakenError,
  LastAdminError,
  UsernameTakenError,
} from './users/users.errors.js';
