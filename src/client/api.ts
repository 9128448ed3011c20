// Generated from the OpenAPI document of a service that has every feature. Do not edit.
// After a change of the API: ACCEPT=client npm test -- test/client/api-types

/* The names, the wording and the order are those of the document. */

/** Part of other types. */
export interface Service {
  name: string;
  version: string;
  docs: string;
  openapi: string;
}

/** Part of other types. */
export interface FieldError {
  /** Location of the field, outermost part first. */
  loc: Array<string>;
  /** Error code, for programs. */
  code: string;
  /** Error message, for people. */
  msg: string;
}

/** Response of `GET /admin/users`. */
export interface Problem {
  /** Identifies the problem type. Open it for an explanation. */
  type: string;
  /** Short name of the problem type. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** Explanation of this occurrence, in one sentence. */
  detail: string;
  /** The requested path. */
  instance: string;
  /** The id under which the request is logged. */
  request_id: string;
  /** The invalid fields. Only with status 422. */
  errors?: Array<FieldError>;
  /** Continues the sign-in. Secret. Only if a second factor is needed. */
  sign_in_token?: string;
  /** Lifetime of `sign_in_token` in seconds. */
  expires_in?: number;
  /** The second factors that you can use. */
  factors?: Array<string>;
  /** What a new account still needs. Only if registration is required. */
  needs?: Array<string>;
  /** Options of WebAuthn. Only if one of the factors is a passkey. */
  passkey_options?: Record<string, unknown>;
  /** The second factors that you can add. */
  enrol?: Array<string>;
}

/** Part of other types. */
export interface ProblemType {
  type: string;
  title: string;
  meaning: string;
}

/** Part of other types. */
export interface Health {
  status: 'ok';
}

/** Part of other types. */
export interface Readiness {
  status: 'ok';
  /** The components that do not work. Without Redis, each process counts rate limits on its own. Without mail, messages wait in the queue. If the worker is not running, other instances run its jobs. If the clock is off, instances may reject each other’s tokens. */
  degraded?: Array<'redis' | 'mail' | 'worker' | 'clock'>;
}

/** Part of other types. */
export type Role = 'admin' | 'moderator' | 'user';

/** Response of `POST /admin/users`. */
export interface AdminUser {
  id: string;
  username: string;
  /** `null` for a service account. */
  email: string | null;
  /** Whether the user verified the email address with a link sent to it. */
  email_verified: boolean;
  full_name: string | null;
  role: Role;
  /** A service account is used by programs with API keys only, and cannot sign in. */
  kind: 'person' | 'service';
  /** An inactive user cannot sign in. */
  is_active: boolean;
  /** Types of the second factors of the user. */
  factors: Array<'totp' | 'passkey'>;
  /** Whether the role requires a second factor that the user has yet to add. */
  must_enrol: boolean;
  created_at: string;
  updated_at: string;
  /** Providers at which the user has an identity. */
  identities: Array<string>;
}

/** Response of `GET /admin/users`. */
export interface UserPage {
  items: Array<AdminUser>;
  /** Send this as `cursor` to get the next page. `null` on the last page. */
  next_cursor: string | null;
  /** Number of items on all pages. */
  total: number;
  /** Whether `total` is an estimate. It is exact up to 1 000. */
  total_is_estimate: boolean;
}

/** Body of `POST /admin/users`. */
export interface CreateUser {
  /** Unique, not case-sensitive. */
  username: string;
  /** Unique, not case-sensitive. */
  email: string;
  /** We recommend omitting it: the user then receives an email with a link to set one. A password that you set stays valid until the user changes it. */
  password?: string;
  role?: Role;
  /** Full name. Send an empty string to remove it. */
  full_name?: string;
}

/** Body of `PATCH /admin/users/{id}`. */
export interface ChangeUser {
  role?: Role;
  is_active?: boolean;
  username?: string;
  /** Full name. Send an empty string to remove it. */
  full_name?: string;
  /** Whether the email address counts as verified. */
  email_verified?: boolean;
}

/** Body of `POST /admin/users/{id}/restore`. */
export interface RestoreUser {
  /** Default: its previous username. */
  username?: string;
  /** Default: its previous email address. A different one is unverified, and a link to verify it is sent there. */
  email?: string;
}

/** Part of other types. */
export interface Session {
  id: string;
  /** Whether this request belongs to the session. */
  current: boolean;
  /** The IP address at the last refresh or sign-in. */
  ip: string | null;
  user_agent: string | null;
  device: string;
  created_at: string;
  /** When the session was last refreshed. */
  last_used_at: string;
  /** When the session expires unless it is refreshed before. */
  expires_at: string;
}

/** Response of `GET /admin/users/{id}/sessions`. */
export interface SessionPage {
  items: Array<Session>;
  /** Send this as `cursor` to get the next page. `null` on the last page. */
  next_cursor: string | null;
  /** Number of items on all pages. */
  total: number;
  /** Whether `total` is an estimate. It is exact up to 1 000. */
  total_is_estimate: boolean;
}

/** Part of other types. */
export interface Identity {
  id: string;
  /** Name of the provider, as in its routes. */
  provider: string;
  /** The last four characters of the user's id at the provider, to tell several identities apart. */
  subject_hint: string;
  /** Email address at the provider when the user last signed in with it. */
  email: string | null;
  linked_at: string;
  last_used_at: string | null;
}

/** Response of `GET /admin/users/{id}/identities`. */
export interface IdentityPage {
  items: Array<Identity>;
  /** Send this as `cursor` to get the next page. `null` on the last page. */
  next_cursor: string | null;
  /** Number of items on all pages. */
  total: number;
  /** Whether `total` is an estimate. It is exact up to 1 000. */
  total_is_estimate: boolean;
}

/** Response of `POST /admin/users/{id}/password-reset`. */
export interface UnderWay {
  detail: string;
}

/** Counts are kept for 90 days. */
export interface MailCounts {
  /** Messages that the mail server accepted. */
  sent: number;
  /** Attempts that failed, and are repeated. */
  failed: number;
  /** Messages that were given up. */
  given_up: number;
}

/** Part of other types. */
export type AuditType =
  | 'authn_login_success'
  | 'authn_login_fail'
  | 'authn_login_lock'
  | 'authn_factor_added'
  | 'authn_factor_removed'
  | 'authn_factor_reset'
  | 'authn_factor_fail'
  | 'authn_recovery_code_used'
  | 'authn_recovery_codes_made'
  | 'authn_reauthenticated'
  | 'authn_password_change'
  | 'authn_password_removed'
  | 'authn_password_change_fail'
  | 'authn_email_code_sent'
  | 'authn_password_reset_requested'
  | 'authn_email_change_requested'
  | 'authn_email_verification_requested'
  | 'authn_token_reuse'
  | 'authn_passkey_added'
  | 'authn_passkey_removed'
  | 'authn_token_created'
  | 'authn_token_revoked'
  | 'authn_passkey_clone_suspected'
  | 'authn_identity_linked'
  | 'authn_identity_unlinked'
  | 'session_expired'
  | 'authz_fail'
  | 'authz_change'
  | 'excess_rate_limit_exceeded'
  | 'malicious_extraneous'
  | 'user_created'
  | 'user_updated'
  | 'user_deactivated'
  | 'user_activated'
  | 'user_deleted'
  | 'user_restored'
  | 'user_erased'
  | 'webhook_created'
  | 'webhook_changed'
  | 'webhook_deleted'
  | 'webhook_disabled'
  | 'sensitive_read'
  | 'sensitive_update'
  | 'audit_verified'
  | 'sensitive_delete';

/** Part of other types. */
export interface AuditEvent {
  id: string;
  /** - `authn_login_success`: Somebody signed in.
- `authn_login_fail`: A sign-in failed. `data.reason` says why; the response does not.
- `authn_login_lock`: An account was temporarily locked, or its password disabled, after too many failed sign-ins.
- `authn_factor_added`: A second factor was added.
- `authn_factor_removed`: A second factor was removed by its user.
- `authn_factor_reset`: The second factors of a user were removed by an admin.
- `authn_factor_fail`: The code of a second factor was wrong, or was used before. `data.factor` is its type.
- `authn_recovery_code_used`: A recovery code was used. `data.left` is the number of unused ones.
- `authn_recovery_codes_made`: Recovery codes were replaced.
- `authn_reauthenticated`: A signed-in user confirmed their identity. `data.method` says how.
- `authn_password_change`: A password was changed or reset (`data.reason`).
- `authn_password_removed`: A user removed the password of the account, and signs in with a passkey.
- `authn_password_change_fail`: A change of password was refused.
- `authn_email_code_sent`: A code was sent by email, for a sign-in or to confirm an identity.
- `authn_password_reset_requested`: A link to reset a password was requested.
- `authn_email_change_requested`: A change of the email address of an account was requested. It takes effect when the link is used.
- `authn_email_verification_requested`: The link to verify an email address was requested again.
- `authn_token_reuse`: A refresh token was reused, so somebody may have copied it. The session was ended.
- `authn_passkey_added`: A user added a passkey. `data.synced` tells whether it is synced to other devices.
- `authn_passkey_removed`: A passkey was removed.
- `authn_token_created`: An API key was created. `data.key` is its id.
- `authn_token_revoked`: An API key was revoked. `data.reason` says why, unless its owner or an admin did.
- `authn_passkey_clone_suspected`: A passkey that cannot be synced was refused, because its counter did not rise: somebody may have copied it.
- `authn_identity_linked`: An identity at a provider was connected to an account. `data.provider` names the provider.
- `authn_identity_unlinked`: An identity at a provider was removed from an account.
- `session_expired`: A session was ended before it expired. `data.reason` says why.
- `authz_fail`: A signed-in user was refused because of a missing role, or an API key (`data.key`) because of a missing scope.
- `authz_change`: The role of a user was changed.
- `excess_rate_limit_exceeded`: A client reached a rate limit.
- `malicious_extraneous`: A signed-in user sent privileged fields to a route that does not accept them. `data.fields` lists them.
- `user_created`: An account was created.
- `user_updated`: An account was changed.
- `user_deactivated`: An account was deactivated. Its user cannot sign in.
- `user_activated`: A deactivated account was activated again.
- `user_deleted`: An account was deleted. Its data is kept for the grace period.
- `user_restored`: A deleted account was restored within the grace period.
- `user_erased`: The grace period of a deleted account ended, and its data was erased.
- `webhook_created`: An admin added a webhook. `data.host` is where its events are sent.
- `webhook_changed`: An admin changed a webhook. `data.changed` lists the fields.
- `webhook_deleted`: An admin deleted a webhook.
- `webhook_disabled`: A webhook was disabled, by an admin or because its endpoint is gone or failing (`data.reason`).
- `sensitive_read`: A user exported the data of their account, or an operator exported all accounts (`data.reason`).
- `sensitive_update`: IP addresses in old audit events were shortened.
- `audit_verified`: The audit trail was verified on schedule. `data.events` is the number of events read; the other numbers count faults by kind, and are all 0 if the trail is intact.
- `sensitive_delete`: Old audit events were deleted when their retention period ended. */
  type: AuditType;
  /** The user whose account the event is about. `null` if the account is unknown. */
  user_id: string | null;
  /** The user who caused the event. `null` if nobody was signed in, or if the service caused it. */
  actor_id: string | null;
  /** The IP address that the request came from. Later shortened to its network, such as `192.0.2.0/24`. */
  ip: string | null;
  user_agent: string | null;
  /** Additional details, such as a reason, or the values `before` and `after`. Often empty. */
  data: Record<string, unknown>;
  created_at: string;
  /** Present if somebody other than the owner caused the event. In this case `actor_id`, `ip` and `user_agent` are `null`. */
  actor?: 'administrator';
}

/** Response of `GET /admin/audit-events`. */
export interface AuditEventPage {
  items: Array<AuditEvent>;
  /** Send this as `cursor` to get the next page. `null` on the last page. */
  next_cursor: string | null;
  /** Number of items on all pages. */
  total: number;
  /** Whether `total` is an estimate. It is exact up to 1 000. */
  total_is_estimate: boolean;
}

/** Body of `POST /admin/service-accounts`. */
export interface CreateServiceAccount {
  /** Unique, not case-sensitive. */
  username: string;
  role: Role;
  /** Full name. Send an empty string to remove it. */
  full_name?: string;
}

/** Response of `PATCH /users/me/api-keys/{id}`. */
export interface ApiKey {
  id: string;
  name: string;
  /** The last four letters of the token. */
  hint: string;
  scopes: Array<string>;
  created_at: string;
  expires_at: string;
  /** Exact to an hour. `null` until the first use. */
  last_used_at: string | null;
  last_used_ip: string | null;
}

/** Response of `GET /admin/users/{id}/api-keys`. */
export interface ApiKeyPage {
  items: Array<ApiKey>;
  /** Send this as `cursor` to get the next page. `null` on the last page. */
  next_cursor: string | null;
  /** Number of items on all pages. */
  total: number;
  /** Whether `total` is an estimate. It is exact up to 1 000. */
  total_is_estimate: boolean;
}

/** Body of `POST /admin/users/{id}/api-keys`. */
export interface NewApiKey {
  name: string;
  /** What the key may do, as far as your role permits: `profile:read`, `users:read`, `users:write`, `audit:read`, and those of the application. */
  scopes: Array<string>;
  /** Lifetime in days. The settings may allow less. */
  expires_in_days?: number;
}

/** Response of `POST /admin/users/{id}/api-keys`. */
export interface CreatedApiKey {
  id: string;
  name: string;
  /** The last four letters of the token. */
  hint: string;
  scopes: Array<string>;
  created_at: string;
  expires_at: string;
  /** Exact to an hour. `null` until the first use. */
  last_used_at: string | null;
  last_used_ip: string | null;
  /** The token, which is shown only once. Send it as `Authorization: Bearer` or as `X-API-Key`. */
  token: string;
}

/** `thin` has ids and what changed; `full` has names, email addresses and IP addresses as well. */
export type WebhookData = 'thin' | 'full';

/** Response of `GET /admin/webhooks/{id}`. */
export interface Webhook {
  id: string;
  url: string;
  /** Types of events, or groups of them: `*`, `user.*`, `session.*`, `factor.*`, `passkey.*`, `identity.*`, `api_key.*`, `user.registered`, `user.updated`, `user.deactivated`, `user.activated`, `user.deleted`, `user.restored`, `user.erased`, `user.role_changed`, `user.email_verified`, `user.email_changed`, `user.password_changed`, `user.password_removed`, `session.started`, `session.ended`, `factor.added`, `factor.removed`, `passkey.added`, `passkey.removed`, `identity.linked`, `identity.unlinked`, `api_key.created`, `api_key.revoked`, `ping`. `webhooks` of this document describes each type. */
  types: Array<string>;
  /** `thin` has ids and what changed; `full` has names, email addresses and IP addresses as well. */
  data: WebhookData;
  enabled: boolean;
  description: string | null;
  created_at: string;
  /** Time of the first failure since the last success. After five days, the webhook is disabled. */
  failing_since: string | null;
  /** `admin`: by an admin; `gone`: the endpoint responded with 410; `failing`: for five days. */
  disabled_reason: 'admin' | 'gone' | 'failing' | null;
}

/** Response of `GET /admin/webhooks`. */
export interface WebhookPage {
  items: Array<Webhook>;
  /** Send this as `cursor` to get the next page. `null` on the last page. */
  next_cursor: string | null;
  /** Number of items on all pages. */
  total: number;
  /** Whether `total` is an estimate. It is exact up to 1 000. */
  total_is_estimate: boolean;
}

/** Body of `POST /admin/webhooks`. */
export interface NewWebhook {
  url: string;
  /** Types of events, or groups of them: `*`, `user.*`, `session.*`, `factor.*`, `passkey.*`, `identity.*`, `api_key.*`, `user.registered`, `user.updated`, `user.deactivated`, `user.activated`, `user.deleted`, `user.restored`, `user.erased`, `user.role_changed`, `user.email_verified`, `user.email_changed`, `user.password_changed`, `user.password_removed`, `session.started`, `session.ended`, `factor.added`, `factor.removed`, `passkey.added`, `passkey.removed`, `identity.linked`, `identity.unlinked`, `api_key.created`, `api_key.revoked`, `ping`. `webhooks` of this document describes each type. */
  types: Array<string>;
  /** `thin` has ids and what changed; `full` has names, email addresses and IP addresses as well. */
  data?: WebhookData;
  description?: string;
}

/** Response of `POST /admin/webhooks`. */
export interface CreatedWebhook {
  id: string;
  url: string;
  /** Types of events, or groups of them: `*`, `user.*`, `session.*`, `factor.*`, `passkey.*`, `identity.*`, `api_key.*`, `user.registered`, `user.updated`, `user.deactivated`, `user.activated`, `user.deleted`, `user.restored`, `user.erased`, `user.role_changed`, `user.email_verified`, `user.email_changed`, `user.password_changed`, `user.password_removed`, `session.started`, `session.ended`, `factor.added`, `factor.removed`, `passkey.added`, `passkey.removed`, `identity.linked`, `identity.unlinked`, `api_key.created`, `api_key.revoked`, `ping`. `webhooks` of this document describes each type. */
  types: Array<string>;
  /** `thin` has ids and what changed; `full` has names, email addresses and IP addresses as well. */
  data: WebhookData;
  enabled: boolean;
  description: string | null;
  created_at: string;
  /** Time of the first failure since the last success. After five days, the webhook is disabled. */
  failing_since: string | null;
  /** `admin`: by an admin; `gone`: the endpoint responded with 410; `failing`: for five days. */
  disabled_reason: 'admin' | 'gone' | 'failing' | null;
  /** Verifies the signatures (Standard Webhooks). It cannot be read again. */
  secret: string;
}

/** Body of `PATCH /admin/webhooks/{id}`. */
export interface ChangeWebhook {
  url?: string;
  /** Types of events, or groups of them: `*`, `user.*`, `session.*`, `factor.*`, `passkey.*`, `identity.*`, `api_key.*`, `user.registered`, `user.updated`, `user.deactivated`, `user.activated`, `user.deleted`, `user.restored`, `user.erased`, `user.role_changed`, `user.email_verified`, `user.email_changed`, `user.password_changed`, `user.password_removed`, `session.started`, `session.ended`, `factor.added`, `factor.removed`, `passkey.added`, `passkey.removed`, `identity.linked`, `identity.unlinked`, `api_key.created`, `api_key.revoked`, `ping`. `webhooks` of this document describes each type. */
  types?: Array<string>;
  /** `thin` has ids and what changed; `full` has names, email addresses and IP addresses as well. */
  data?: WebhookData;
  enabled?: boolean;
  /** Send an empty string to remove it. */
  description?: string;
}

/** Body of `POST /admin/webhooks/{id}/secret`. */
export interface RotateWebhookSecret {
  /** How long the old secret still signs as well. Send 0 if somebody else may know it. */
  overlap_hours?: number;
}

/** Response of `POST /admin/webhooks/{id}/secret`. */
export interface WebhookSecret {
  /** Verifies the signatures (Standard Webhooks). It cannot be read again. */
  secret: string;
}

/** Part of other types. */
export type WebhookDeliveryStatus = 'pending' | 'delivered' | 'failed';

/** Part of other types. */
export interface WebhookDelivery {
  id: string;
  webhook_id: string;
  type:
    | 'user.registered'
    | 'user.updated'
    | 'user.deactivated'
    | 'user.activated'
    | 'user.deleted'
    | 'user.restored'
    | 'user.erased'
    | 'user.role_changed'
    | 'user.email_verified'
    | 'user.email_changed'
    | 'user.password_changed'
    | 'user.password_removed'
    | 'session.started'
    | 'session.ended'
    | 'factor.added'
    | 'factor.removed'
    | 'passkey.added'
    | 'passkey.removed'
    | 'identity.linked'
    | 'identity.unlinked'
    | 'api_key.created'
    | 'api_key.revoked'
    | 'ping';
  status: WebhookDeliveryStatus;
  /** Number of tries so far. */
  attempts: number;
  /** HTTP status of the last response. `null` if there was none. */
  last_status: number | null;
  /** Kind of the last failure. `status`: the response was not 2xx; `redirected`: it was 3xx, which is not followed; `timeout`: there was none within 15 seconds; `unreachable`: no connection, a TLS error, or no HTTP; `not_public`: an address of the host is in an inner network; `url_…`: the settings no longer allow the URL; `secret_lost`: the secret of the webhook was encrypted with a SECRET_KEY that the service does not have; `disabled`: the webhook is disabled. */
  last_error: string | null;
  next_attempt_at: string | null;
  created_at: string;
}

/** Response of `GET /admin/webhooks/{id}/deliveries`. */
export interface WebhookDeliveryPage {
  items: Array<WebhookDelivery>;
  /** Send this as `cursor` to get the next page. `null` on the last page. */
  next_cursor: string | null;
  /** Number of items on all pages. */
  total: number;
  /** Whether `total` is an estimate. It is exact up to 1 000. */
  total_is_estimate: boolean;
}

/** Response of `POST /admin/webhooks/{id}/deliveries/{delivery}/retry`. */
export interface WebhookQueued {
  detail: string;
}

/** Part of other types. */
export interface Jwks {
  keys: Array<Record<string, unknown>>;
}

/** Part of other types. */
export interface EndedSession {
  id: string;
}

/** Part of other types. */
export interface ChangedUser {
  id: string;
  /** Reject access tokens with a lower `gen`. */
  generation: number;
}

/** Part of other types. */
export interface Revocations {
  /** Reject access tokens with these `sid` claims. */
  sessions: Array<EndedSession>;
  /** Reject older access tokens with these `sub` claims. */
  users: Array<ChangedUser>;
  /** The ids of the current signing keys. Fetch the JWK set again if it has different ones. */
  keys: Array<string>;
  /** After reading all pages, send the `cursor` of the first page with the next request. */
  cursor: string;
  /** The `cursor` of the next page. Fetch it right away. */
  next_page: string | null;
  /** Seconds after which an entry can be forgotten. */
  window: number;
}

/** Body of `POST /auth/refresh`. */
export interface Refresh {
  /** The latest refresh token of the session. */
  refresh_token: string;
}

/** Response of `POST /auth/refresh`. */
export interface Token {
  /** Send it as `Authorization: Bearer <token>`. */
  access_token: string;
  /** Can be used once with `POST /auth/refresh`. */
  refresh_token: string;
  token_type: 'bearer';
  /** Lifetime of the access token in seconds. */
  expires_in: number;
}

/** Body of `POST /auth/revoke`. */
export interface Revoke {
  /** Any refresh token of the session, including an earlier one, or an API key. */
  token: string;
}

/** Body of `POST /auth/login`. */
export interface Credentials {
  /** The username or email address. Not case-sensitive. */
  username: string;
  password: string;
  /** The code of your authenticator app, if your account needs one. Otherwise ignored. */
  totp_code?: string;
  /** OAuth2 only (RFC 6749, 4.3.2). */
  grant_type?: 'password';
  /** For OAuth2 clients. Ignored. */
  scope?: string;
  /** For OAuth2 clients. Ignored. */
  client_id?: string;
  /** For OAuth2 clients. Ignored. */
  client_secret?: string;
}

/** Body of `POST /auth/login/continue`. */
export interface ContinueSignIn {
  /** The code of an authenticator app. Blanks are ignored. */
  totp_code?: string;
  /** A recovery code, which can be used once. */
  recovery_code?: string;
  /** `credential.toJSON()` of the credential that `navigator.credentials.get()` returned for `passkey_options`. */
  passkey?: {
    /** base64url without padding */
    id: string;
    /** base64url without padding */
    rawId: string;
    type: 'public-key';
    response: {
      /** base64url without padding */
      clientDataJSON: string;
      /** base64url without padding */
      authenticatorData: string;
      /** base64url without padding */
      signature: string;
    };
    clientExtensionResults?: Record<string, unknown>;
  };
  /** Verifier of the app that has begun to sign in with a provider (RFC 7636). */
  code_verifier?: string;
  /** Password of the account that an identity is to be connected to. */
  password?: string;
  /** Username of the new account. */
  username?: string;
  /** The `sign_in_token` of the response to the sign-in. Only pages that have it in their cookie may omit it, with a code by email. */
  sign_in_token?: string;
  /** `credential.toJSON()` of the credential that `navigator.credentials.create()` returned for the options of `/auth/login/enrol`. */
  new_passkey?: {
    /** base64url without padding */
    id: string;
    /** base64url without padding */
    rawId: string;
    type: 'public-key';
    response: {
      /** base64url without padding */
      clientDataJSON: string;
      /** base64url without padding */
      attestationObject: string;
    };
    clientExtensionResults?: Record<string, unknown>;
  };
  /** The code from the email. Blanks are ignored. */
  email_code?: string;
  /** The first password of an account that has none. The rules are those of the registration. */
  new_password?: string;
}

/** Response of `POST /auth/login/continue`. */
export interface ContinuedToken {
  /** Send it as `Authorization: Bearer <token>`. */
  access_token: string;
  /** Can be used once with `POST /auth/refresh`. */
  refresh_token: string;
  token_type: 'bearer';
  /** Lifetime of the access token in seconds. */
  expires_in: number;
  /** Only if this sign-in has added a factor. They are shown once. */
  recovery_codes?: Array<string>;
}

/** Response of `POST /auth/login/enrol`. */
export interface TotpSetup {
  /** In Base32, to type it in. */
  secret: string;
  /** Opens the app on the same device. */
  uri: string;
  /** QR code of `uri`. */
  qr_svg: string;
}

/** Response of `POST /auth/login/enrol`. */
export interface PasskeyCreationOptions {
  rp: Record<string, unknown>;
  user: Record<string, unknown>;
  /** base64url. It can be used once. */
  challenge: string;
  pubKeyCredParams: Array<Record<string, unknown>>;
  /** Milliseconds */
  timeout: number;
  /** Your passkeys, so that no device gets a second one. */
  excludeCredentials: Array<Record<string, unknown>>;
  authenticatorSelection: Record<string, unknown>;
  attestation: 'none';
  extensions: Record<string, unknown>;
}

/** Response of `POST /auth/login/enrol`. */
export interface FirstPassword {
  /** Seconds until the token expires. */
  expires_in: number;
}

/** Body of `POST /auth/login/enrol`. */
export interface Enrol {
  /** The `sign_in_token` of the response to the sign-in. */
  sign_in_token: string;
  /** One of `enrol`. */
  type: 'totp' | 'passkey' | 'password';
}

/** Body of `POST /auth/email-code`. */
export interface RequestEmailCode {
  /** Begins a sign-in. With `sign_in_token`: the address of the new account, if it needs one. */
  email?: string;
  /** Sign-in that has begun in another way, and needs a code: its 403 response says so. Without `email`, the code goes to the address of the account. */
  sign_in_token?: string;
}

/** Response of `POST /auth/email-code`. */
export interface EmailCodeSent {
  detail: string;
  /** Send it with the code to /auth/login/continue. The code works with this token only. */
  sign_in_token: string;
  /** Seconds until the code expires. */
  expires_in: number;
}

/** Response of `POST /auth/passkeys/options`. */
export interface PasskeyRequestOptions {
  /** base64url. It can be used once. */
  challenge: string;
  /** Milliseconds */
  timeout: number;
  rpId: string;
  /** The passkeys of the account, if it is known. */
  allowCredentials?: Array<Record<string, unknown>>;
  userVerification: 'required' | 'preferred';
}

/** Body of `POST /auth/passkeys/login`. */
export interface PasskeyCredentials {
  /** `credential.toJSON()` of the credential that `navigator.credentials.get()` returned. */
  passkey: {
    /** base64url without padding */
    id: string;
    /** base64url without padding */
    rawId: string;
    type: 'public-key';
    response: {
      /** base64url without padding */
      clientDataJSON: string;
      /** base64url without padding */
      authenticatorData: string;
      /** base64url without padding */
      signature: string;
    };
    clientExtensionResults?: Record<string, unknown>;
  };
}

/** Body of `DELETE /users/me`. */
export interface DeleteAccount {
  /** Confirms your identity. You can omit it if you signed in recently. */
  current_password?: string;
}

/** Response of `GET /users/me`. */
export interface User {
  id: string;
  username: string;
  /** `null` for a service account. */
  email: string | null;
  /** Whether the user verified the email address with a link sent to it. */
  email_verified: boolean;
  full_name: string | null;
  role: Role;
  /** A service account is used by programs with API keys only, and cannot sign in. */
  kind: 'person' | 'service';
  /** An inactive user cannot sign in. */
  is_active: boolean;
  /** Types of the second factors of the user. */
  factors: Array<'totp' | 'passkey'>;
  /** Whether the role requires a second factor that the user has yet to add. */
  must_enrol: boolean;
  created_at: string;
  updated_at: string;
}

/** Response of `PATCH /users/me/factors/{id}`. */
export interface Factor {
  id: string;
  type: 'totp' | 'passkey';
  name: string;
  created_at: string;
  last_used_at: string | null;
}

/** Response of `PATCH /users/me/passkeys/{id}`. */
export interface Passkey {
  id: string;
  name: string;
  /** What stores the passkey, as far as it tells. `null` if unknown. */
  authenticator: string | null;
  created_at: string;
  last_used_at: string | null;
  /** Whether it is synced, so that it survives the loss of a device. */
  backed_up: boolean;
  /** Whether the browser finds it without a username. `null` if the browser did not say. */
  discoverable: boolean | null;
}

/** Part of other types. */
export interface ExportedIdentity {
  id: string;
  /** Name of the provider, as in its routes. */
  provider: string;
  /** The last four characters of the user's id at the provider, to tell several identities apart. */
  subject_hint: string;
  /** Email address at the provider when the user last signed in with it. */
  email: string | null;
  linked_at: string;
  last_used_at: string | null;
  issuer: string;
  /** Your id at the provider. */
  subject: string;
}

/** Response of `GET /users/me/export`. */
export interface AccountExport {
  user: User;
  sessions: Array<Session>;
  /** Authenticator apps and passkeys. */
  factors: Array<Factor>;
  /** What is stored about the passkeys among them. */
  passkeys: Array<Passkey>;
  /** Identities at providers. */
  identities: Array<ExportedIdentity>;
  api_keys: Array<ApiKey>;
  events: Array<AuditEvent>;
}

/** Body of `PATCH /users/me/api-keys/{id}`. */
export interface RenameApiKey {
  name: string;
}

/** Body of `POST /users/me/email`. */
export interface ChangeEmail {
  /** Unique, not case-sensitive. */
  new_email: string;
  /** Confirms your identity. You can omit it if you signed in recently. */
  current_password?: string;
}

/** Response of `POST /users/me/email`. */
export interface Accepted {
  detail: string;
}

/** Body of `POST /auth/email/confirm`. */
export interface ConfirmEmail {
  /** The token from the link in the email, after `#token=`. It can be used once. */
  token: string;
}

/** Body of `POST /auth/verify-email/request`. */
export interface RequestVerification {
  /** Unique, not case-sensitive. */
  email: string;
}

/** Body of `POST /auth/verify-email/preview`. */
export interface VerifyEmail {
  /** The token from the link in the email, after `#token=`. It can be used once. */
  token: string;
}

/** Response of `POST /auth/verify-email/preview`. */
export interface Registration {
  username: string;
  registered_at: string;
  /** The device and the network of the IP address that the account was registered from. `null` if unknown. */
  registered_from: string | null;
}

/** Response of `POST /auth/verify-email`. */
export interface VerifiedUser {
  id: string;
  username: string;
  /** `null` for a service account. */
  email: string | null;
  /** Whether the user verified the email address with a link sent to it. */
  email_verified: boolean;
  full_name: string | null;
  role: Role;
  /** A service account is used by programs with API keys only, and cannot sign in. */
  kind: 'person' | 'service';
  /** An inactive user cannot sign in. */
  is_active: boolean;
  /** Types of the second factors of the user. */
  factors: Array<'totp' | 'passkey'>;
  /** Whether the role requires a second factor that the user has yet to add. */
  must_enrol: boolean;
  created_at: string;
  updated_at: string;
  /** Only for an account without a password: send it to /auth/login/enrol, and then with `new_passkey` or `new_password` to /auth/login/continue. */
  sign_in_token?: string;
  /** Seconds until the token expires. */
  expires_in?: number;
  /** Ways to sign in of which one can be added. */
  enrol?: Array<'passkey' | 'password'>;
}

/** Response of `GET /users/me/factors`. */
export interface FactorPage {
  items: Array<Factor>;
  /** Send this as `cursor` to get the next page. `null` on the last page. */
  next_cursor: string | null;
  /** Number of items on all pages. */
  total: number;
  /** Whether `total` is an estimate. It is exact up to 1 000. */
  total_is_estimate: boolean;
  /** Number of unused recovery codes. */
  recovery_codes_left: number;
}

/** Body of `POST /users/me/factors/totp`. */
export interface NewTotp {
  /** Default `Authenticator app`. */
  name?: string;
}

/** Response of `POST /users/me/factors/totp`. */
export interface UnconfirmedTotp {
  /** In Base32, to type it in. */
  secret: string;
  /** Opens the app on the same device. */
  uri: string;
  /** QR code of `uri`. */
  qr_svg: string;
  id: string;
  /** Seconds in which it can be confirmed. */
  expires_in: number;
}

/** Body of `POST /users/me/factors/totp/confirm`. */
export interface ConfirmTotp {
  id: string;
  /** The code that the app shows. */
  totp_code: string;
}

/** Response of `POST /users/me/factors/totp/confirm`. */
export interface AddedFactor {
  /** Each replaces a lost factor once. */
  recovery_codes: Array<string>;
  factor: Factor;
}

/** Body of `PATCH /users/me/factors/{id}`. */
export interface RenameFactor {
  name: string;
}

/** Response of `POST /users/me/recovery-codes`. */
export interface RecoveryCodes {
  /** Each replaces a lost factor once. */
  recovery_codes: Array<string>;
}

/** Response of `GET /users/me/passkeys`. */
export interface PasskeyPage {
  items: Array<Passkey>;
  /** Send this as `cursor` to get the next page. `null` on the last page. */
  next_cursor: string | null;
  /** Number of items on all pages. */
  total: number;
  /** Whether `total` is an estimate. It is exact up to 1 000. */
  total_is_estimate: boolean;
  /** The domain that the passkeys are bound to. */
  rp_id: string;
  /** The id of the user in authenticators. */
  user_handle: string;
  /** The credential ids of all passkeys, for `PublicKeyCredential.signalAllAcceptedCredentials()`. */
  credential_ids: Array<string>;
}

/** Body of `POST /users/me/passkeys`. */
export interface NewPasskey {
  /** `credential.toJSON()` of the credential that `navigator.credentials.create()` returned. */
  passkey: {
    /** base64url without padding */
    id: string;
    /** base64url without padding */
    rawId: string;
    type: 'public-key';
    response: {
      /** base64url without padding */
      clientDataJSON: string;
      /** base64url without padding */
      attestationObject: string;
    };
    clientExtensionResults?: Record<string, unknown>;
  };
  /** Default the name of the authenticator, if it is known. */
  name?: string;
}

/** Response of `POST /users/me/passkeys`. */
export interface AddedPasskey {
  id: string;
  name: string;
  /** What stores the passkey, as far as it tells. `null` if unknown. */
  authenticator: string | null;
  created_at: string;
  last_used_at: string | null;
  /** Whether it is synced, so that it survives the loss of a device. */
  backed_up: boolean;
  /** Whether the browser finds it without a username. `null` if the browser did not say. */
  discoverable: boolean | null;
  /** Only with the first factor. They are shown once. */
  recovery_codes?: Array<string>;
}

/** Body of `PATCH /users/me/passkeys/{id}`. */
export interface RenamePasskey {
  name: string;
}

/** Part of other types. */
export interface RelatedOrigins {
  origins: Array<string>;
}

/** Body of `POST /auth/password/forgot`. */
export interface ForgotPassword {
  /** Unique, not case-sensitive. */
  email: string;
}

/** Body of `POST /auth/password/reset`. */
export interface ResetPassword {
  /** The token from the link in the email, after `#token=`. It can be used once. */
  token: string;
  /** At least 8 characters with an uppercase letter, a lowercase letter and a digit. Not a common password, the username or the email address. */
  new_password: string;
}

/** Body of `POST /users/me/password`. */
export interface ChangePassword {
  /** Confirms your identity. You can omit it if you signed in recently. */
  current_password?: string;
  /** At least 8 characters with an uppercase letter, a lowercase letter and a digit. Not a common password, the username or the email address. */
  new_password: string;
}

/** Body of `POST /users/me/reauthenticate`. */
export interface Proof {
  /** The code of an authenticator app. Blanks are ignored. */
  totp_code?: string;
  /** A recovery code, which can be used once. */
  recovery_code?: string;
  /** `credential.toJSON()` of the credential that `navigator.credentials.get()` returned for `passkey_options`. */
  passkey?: {
    /** base64url without padding */
    id: string;
    /** base64url without padding */
    rawId: string;
    type: 'public-key';
    response: {
      /** base64url without padding */
      clientDataJSON: string;
      /** base64url without padding */
      authenticatorData: string;
      /** base64url without padding */
      signature: string;
    };
    clientExtensionResults?: Record<string, unknown>;
  };
  password?: string;
  /** The code from the email. Blanks are ignored. */
  email_code?: string;
  /** Verifier of the app that has begun to sign in with a provider (RFC 7636). */
  code_verifier?: string;
  /** With `code_verifier` only: the `sign_in_token` with which the provider has led back to the app. */
  sign_in_token?: string;
}

/** Response of `POST /users/me/reauthenticate`. */
export interface RenewedToken {
  /** For services that verify access tokens themselves. Here, the earlier one works as well. */
  access_token: string;
  token_type: 'bearer';
  /** Lifetime of the access token in seconds. */
  expires_in: number;
}

/** Body of `POST /users/me/reauthenticate/options`. */
export interface AskForProofs {
  /** Sends a code to your email address, if `email_code` is true in the response. */
  send?: 'email_code';
}

/** Response of `POST /users/me/reauthenticate/options`. */
export interface ProofOptions {
  /** A password, a code by email or a sign-in with a provider is one factor, any other proof counts as two. */
  factors: Array<'password' | 'totp' | 'passkey' | 'recovery_code'>;
  /** Whether a code can be sent by email. */
  email_code: boolean;
  /** Providers at which you have an identity, and which say when you have signed in there: begin to sign in with one, with `prompt=login`, and send the `sign_in_token` with which it leads back, and the `code_verifier`. */
  providers: Array<string>;
  /** Only if you have a passkey. */
  passkey_options?: PasskeyRequestOptions;
}

/** Part of other types. */
export interface Provider {
  /** Its name in paths. */
  name: string;
  /** Its name for people. */
  title: string;
  /** URL to open in a browser, with `redirect_to` and `code_challenge`, for native apps and apps on another site. */
  authorize_url: string;
}

/** Response of `GET /auth/providers`. */
export interface ProviderList {
  items: Array<Provider>;
}

/** Body of `POST /auth/providers/{name}/authorize`. */
export interface ProviderAuthorize {
  /** Allowed URL that the user is sent to at the end, with `sign_in_token` or `error` as a parameter. */
  redirect_to: string;
  /** S256 of a random `code_verifier` that the app keeps (RFC 7636). Without it, the result is worth nothing. */
  code_challenge: string;
  /** Account that the provider should offer. */
  login_hint?: string;
  /** Has the user sign in at the provider again, even if still signed in there. Only then can `POST /users/me/reauthenticate` take the result. */
  prompt?: 'login';
}

/** Response of `POST /auth/providers/{name}/authorize`. */
export interface Authorization {
  /** Send the user there, in the browser that has received the cookie of this response. */
  authorization_url: string;
  /** Number of seconds in which the user has to return. */
  expires_in: number;
}

/** Body of `POST /auth/providers/{name}/id-token`. */
export interface IdTokenCredentials {
  /** ID token that the app has received from the provider. */
  id_token: string;
  /** Random nonce of the app. The provider has received it, or its SHA-256 in hexadecimal. */
  nonce: string;
  /** Name for a new account, if only the app knows it. */
  full_name?: string;
}

/** Body of `POST /users/me/identities/{name}/authorize`. */
export interface LinkIdentity {
  /** Allowed URL that the user is sent to at the end, with `linked` or `error` as a parameter. */
  redirect_to: string;
}

/** Body of `POST /auth/register`. */
export interface Register {
  /** Unique, not case-sensitive. */
  username: string;
  /** Unique, not case-sensitive. */
  email: string;
  /** Full name. Send an empty string to remove it. */
  full_name?: string;
  /** Without it, the link in the message lets you add a passkey or a password. */
  password?: string;
}

/** Body of `PUT /users/me/password`. */
export interface SetPassword {
  /** At least 8 characters with an uppercase letter, a lowercase letter and a digit. Not a common password, the username or the email address. */
  new_password: string;
}

/** Body of `PATCH /users/me`. */
export interface UpdateProfile {
  username?: string;
  /** Full name. Send an empty string to remove it. */
  full_name?: string;
}

/** Response of `GET /users/admin-dashboard`. */
export interface Welcome {
  message: string;
  role: Role;
  access_level: string;
}

/** Response of `POST /auth/refresh`. */
export interface RefusedForm {
  /** The OAuth2 error code. */
  error: string;
  /** The `detail` in ASCII. */
  error_description: string;
  /** Identifies the problem type. Open it for an explanation. */
  type: string;
  /** Short name of the problem type. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** Explanation of this occurrence, in one sentence. */
  detail: string;
  /** The requested path. */
  instance: string;
  /** The id under which the request is logged. */
  request_id: string;
  /** The invalid fields. Only with status 422. */
  errors?: Array<FieldError>;
  /** Continues the sign-in. Secret. Only if a second factor is needed. */
  sign_in_token?: string;
  /** Lifetime of `sign_in_token` in seconds. */
  expires_in?: number;
  /** The second factors that you can use. */
  factors?: Array<string>;
  /** What a new account still needs. Only if registration is required. */
  needs?: Array<string>;
  /** Options of WebAuthn. Only if one of the factors is a passkey. */
  passkey_options?: Record<string, unknown>;
  /** The second factors that you can add. */
  enrol?: Array<string>;
}

/** Codes of the problems that the API returns. */
export type ProblemCode =
  | 'access-denied'
  | 'account-link-required'
  | 'ambiguous-credentials'
  | 'challenge-expired'
  | 'content-too-large'
  | 'cross-site-request'
  | 'email-not-verified'
  | 'email-taken'
  | 'factor-enrolment-required'
  | 'factor-exists'
  | 'factor-required'
  | 'factor-required-by-role'
  | 'identity-taken'
  | 'inactive-user'
  | 'insufficient-role'
  | 'insufficient-scope'
  | 'invalid-credentials'
  | 'invalid-id-token'
  | 'invalid-input'
  | 'invalid-passkey'
  | 'invalid-proof'
  | 'invalid-refresh-token'
  | 'invalid-sign-in'
  | 'invalid-token'
  | 'last-admin'
  | 'last-sign-in-method'
  | 'malformed-json'
  | 'no-factor'
  | 'not-authenticated'
  | 'not-for-persons'
  | 'not-for-yourself'
  | 'not-found'
  | 'overloaded'
  | 'passkey-exists'
  | 'password-exists'
  | 'provider-unavailable'
  | 'reauthentication-required'
  | 'registration-closed'
  | 'registration-required'
  | 'service-account'
  | 'too-many-api-keys'
  | 'too-many-passkeys'
  | 'too-many-requests'
  | 'too-many-webhooks'
  | 'unavailable'
  | 'unknown-passkey'
  | 'unsupported-media-type'
  | 'username-taken'
  | 'webhook-disabled';

/** What each route takes and returns. */
export interface Operations {
  /** List and search accounts */
  'GET /admin/users': {
    query?: {
      limit?: number;
      cursor?: string;
      q?: string;
      role?: Role;
      kind?: 'person' | 'service';
      is_active?: boolean;
      email_verified?: boolean;
      deleted?: boolean;
      sort?: 'created_at' | '-created_at' | 'username' | '-username';
    };
    response: UserPage;
  };
  /** Create an account */
  'POST /admin/users': { body: CreateUser; response: AdminUser };
  /** Show an account */
  'GET /admin/users/{id}': { path: { id: string }; response: AdminUser };
  /** Change an account */
  'PATCH /admin/users/{id}': { path: { id: string }; body: ChangeUser; response: AdminUser };
  /** Delete an account */
  'DELETE /admin/users/{id}': { path: { id: string }; response: undefined };
  /** Restore a deleted account */
  'POST /admin/users/{id}/restore': { path: { id: string }; body?: RestoreUser; response: AdminUser };
  /** List the sessions of a user */
  'GET /admin/users/{id}/sessions': {
    path: { id: string };
    query?: { limit?: number; cursor?: string };
    response: SessionPage;
  };
  /** End all sessions of a user */
  'DELETE /admin/users/{id}/sessions': { path: { id: string }; response: undefined };
  /** List the identities of a user */
  'GET /admin/users/{id}/identities': {
    path: { id: string };
    query?: { limit?: number; cursor?: string };
    response: IdentityPage;
  };
  /** Force a password reset */
  'POST /admin/users/{id}/password-reset': { path: { id: string }; response: UnderWay };
  /** Count sent messages */
  'GET /admin/mail-counts': { query?: { from?: string; to?: string }; response: MailCounts };
  /** List audit events */
  'GET /admin/audit-events': {
    query?: {
      limit?: number;
      cursor?: string;
      user_id?: string;
      actor_id?: string;
      type?: AuditType;
      from?: string;
      to?: string;
    };
    response: AuditEventPage;
  };
  /** Create a service account */
  'POST /admin/service-accounts': { body: CreateServiceAccount; response: AdminUser };
  /** List the API keys of an account */
  'GET /admin/users/{id}/api-keys': {
    path: { id: string };
    query?: { limit?: number; cursor?: string };
    response: ApiKeyPage;
  };
  /** Create an API key of a service account */
  'POST /admin/users/{id}/api-keys': { path: { id: string }; body: NewApiKey; response: CreatedApiKey };
  /** Revoke an API key of an account */
  'DELETE /admin/users/{id}/api-keys/{key}': { path: { id: string; key: string }; response: undefined };
  /** Remove the second factors of a user */
  'DELETE /admin/users/{id}/factors': { path: { id: string }; response: undefined };
  /** Remove a passkey of a user */
  'DELETE /admin/users/{id}/passkeys/{pid}': { path: { id: string; pid: string }; response: undefined };
  /** List webhooks */
  'GET /admin/webhooks': { query?: { limit?: number; cursor?: string }; response: WebhookPage };
  /** Add a webhook */
  'POST /admin/webhooks': { body: NewWebhook; response: CreatedWebhook };
  /** Show a webhook */
  'GET /admin/webhooks/{id}': { path: { id: string }; response: Webhook };
  /** Change a webhook */
  'PATCH /admin/webhooks/{id}': { path: { id: string }; body: ChangeWebhook; response: Webhook };
  /** Delete a webhook */
  'DELETE /admin/webhooks/{id}': { path: { id: string }; response: undefined };
  /** Replace the secret of a webhook */
  'POST /admin/webhooks/{id}/secret': {
    path: { id: string };
    body?: RotateWebhookSecret;
    response: WebhookSecret;
  };
  /** List the deliveries to a webhook */
  'GET /admin/webhooks/{id}/deliveries': {
    path: { id: string };
    query?: { limit?: number; cursor?: string; status?: WebhookDeliveryStatus };
    response: WebhookDeliveryPage;
  };
  /** Send a delivery again */
  'POST /admin/webhooks/{id}/deliveries/{delivery}/retry': {
    path: { id: string; delivery: string };
    response: WebhookQueued;
  };
  /** Send a ping to a webhook */
  'POST /admin/webhooks/{id}/test': { path: { id: string }; response: WebhookQueued };
  /** List my sessions */
  'GET /users/me/sessions': { query?: { limit?: number; cursor?: string }; response: SessionPage };
  /** End my other sessions */
  'DELETE /users/me/sessions': { response: undefined };
  /** End one of my sessions */
  'DELETE /users/me/sessions/{id}': { path: { id: string }; response: undefined };
  /** Refresh the tokens */
  'POST /auth/refresh': { body: Refresh; response: Token };
  /** Sign out */
  'POST /auth/logout': { response: undefined };
  /** End all my sessions */
  'POST /auth/logout-all': { response: undefined };
  /** Revoke a refresh token or an API key */
  'POST /auth/revoke': { body: Revoke; response: Record<string, unknown> };
  /** Sign in */
  'POST /auth/login': { body: Credentials; response: Token };
  /** Continue a sign-in */
  'POST /auth/login/continue': { body: ContinueSignIn; response: ContinuedToken };
  /** Add the factor that a sign-in needs */
  'POST /auth/login/enrol': { body: Enrol; response: TotpSetup | PasskeyCreationOptions | FirstPassword };
  /** Send a code to sign in by email */
  'POST /auth/email-code': { body: RequestEmailCode; response: EmailCodeSent };
  /** Get the options to sign in with a passkey */
  'POST /auth/passkeys/options': { response: PasskeyRequestOptions };
  /** Sign in with a passkey */
  'POST /auth/passkeys/login': { body: PasskeyCredentials; response: Token };
  /** Delete my account */
  'DELETE /users/me': { body?: DeleteAccount; response: undefined };
  /** Show my account */
  'GET /users/me': { response: User };
  /** Change my username or full name */
  'PATCH /users/me': { body: UpdateProfile; response: User };
  /** Export my data */
  'GET /users/me/export': { response: AccountExport };
  /** List my recent activity */
  'GET /users/me/events': { query?: { limit?: number; cursor?: string }; response: AuditEventPage };
  /** List my API keys */
  'GET /users/me/api-keys': { query?: { limit?: number; cursor?: string }; response: ApiKeyPage };
  /** Create an API key */
  'POST /users/me/api-keys': { body: NewApiKey; response: CreatedApiKey };
  /** Rename one of my API keys */
  'PATCH /users/me/api-keys/{id}': { path: { id: string }; body: RenameApiKey; response: ApiKey };
  /** Revoke one of my API keys */
  'DELETE /users/me/api-keys/{id}': { path: { id: string }; response: undefined };
  /** Change my email address */
  'POST /users/me/email': { body: ChangeEmail; response: Accepted };
  /** Confirm a new email address */
  'POST /auth/email/confirm': { body: ConfirmEmail; response: User };
  /** Undo a change of my email address */
  'POST /auth/email/undo': { body: ConfirmEmail; response: undefined };
  /** Resend the verification email */
  'POST /auth/verify-email/request': { body: RequestVerification; response: Accepted };
  /** Show the account of a verification link */
  'POST /auth/verify-email/preview': { body: VerifyEmail; response: Registration };
  /** Report that I did not create this account */
  'POST /auth/verify-email/disown': { body: VerifyEmail; response: undefined };
  /** Verify an email address */
  'POST /auth/verify-email': { body: VerifyEmail; response: VerifiedUser };
  /** List my second factors */
  'GET /users/me/factors': { query?: { limit?: number; cursor?: string }; response: FactorPage };
  /** Add an authenticator app */
  'POST /users/me/factors/totp': { body: NewTotp; response: UnconfirmedTotp };
  /** Confirm an authenticator app */
  'POST /users/me/factors/totp/confirm': { body: ConfirmTotp; response: AddedFactor };
  /** Rename one of my second factors */
  'PATCH /users/me/factors/{id}': { path: { id: string }; body: RenameFactor; response: Factor };
  /** Remove one of my second factors */
  'DELETE /users/me/factors/{id}': { path: { id: string }; response: undefined };
  /** Replace my recovery codes */
  'POST /users/me/recovery-codes': { response: RecoveryCodes };
  /** List my passkeys */
  'GET /users/me/passkeys': { query?: { limit?: number; cursor?: string }; response: PasskeyPage };
  /** Add a passkey */
  'POST /users/me/passkeys': { body: NewPasskey; response: AddedPasskey };
  /** Get the options for a new passkey */
  'POST /users/me/passkeys/options': { response: PasskeyCreationOptions };
  /** Rename one of my passkeys */
  'PATCH /users/me/passkeys/{id}': { path: { id: string }; body: RenamePasskey; response: Passkey };
  /** Remove one of my passkeys */
  'DELETE /users/me/passkeys/{id}': { path: { id: string }; response: undefined };
  /** Request a link to reset the password */
  'POST /auth/password/forgot': { body: ForgotPassword; response: Accepted };
  /** Choose a new password */
  'POST /auth/password/reset': { body: ResetPassword; response: undefined };
  /** Change my password */
  'POST /users/me/password': { body: ChangePassword; response: undefined };
  /** Set a password for my account without one */
  'PUT /users/me/password': { body: SetPassword; response: undefined };
  /** Remove my password */
  'DELETE /users/me/password': { response: undefined };
  /** Confirm my identity */
  'POST /users/me/reauthenticate': { body: Proof; response: RenewedToken };
  /** List the proofs of my identity */
  'POST /users/me/reauthenticate/options': { body?: AskForProofs; response: ProofOptions };
  /** List the providers that users can sign in with */
  'GET /auth/providers': { response: ProviderList };
  /** Begin to sign in with a provider */
  'POST /auth/providers/{name}/authorize': {
    path: { name: string };
    body: ProviderAuthorize;
    response: Authorization;
  };
  /** Go to a provider to sign in */
  'GET /auth/providers/{name}/authorize': {
    path: { name: string };
    query: { redirect_to: string; code_challenge: string; login_hint?: string; prompt?: 'login' };
    response: undefined;
  };
  /** Sign in with an ID token of a native app */
  'POST /auth/providers/{name}/id-token': {
    path: { name: string };
    body: IdTokenCredentials;
    response: Token;
  };
  /** List my identities */
  'GET /users/me/identities': { query?: { limit?: number; cursor?: string }; response: IdentityPage };
  /** Connect an identity */
  'POST /users/me/identities/{name}/authorize': {
    path: { name: string };
    body: LinkIdentity;
    response: Authorization;
  };
  /** Remove one of my identities */
  'DELETE /users/me/identities/{id}': { path: { id: string }; response: undefined };
  /** Sign up */
  'POST /auth/register': { body: Register; response: User };
  /** Show the admin dashboard */
  'GET /users/admin-dashboard': { response: Welcome };
  /** Show the moderator panel */
  'GET /users/moderator-panel': { response: Welcome };
}
