/**
 * Types of audit events, with the names of OWASP's Application Logging Vocabulary where it has one. `user_deactivated`,
 * `user_activated`, `user_restored`, `user_erased` and the types that end in `_requested` are additions.
 */
export const auditTypes = {
  authn_login_success: 'Somebody signed in.',
  authn_login_fail: 'A sign-in failed. `data.reason` says why; the response does not.',
  authn_login_lock:
    'An account was temporarily locked, or its password disabled, after too many failed sign-ins.',
  authn_factor_added: 'A second factor was added.',
  authn_factor_removed: 'A second factor was removed by its user.',
  authn_factor_reset: 'The second factors of a user were removed by an admin.',
  authn_factor_fail: 'The code of a second factor was wrong, or was used before. `data.factor` is its type.',
  authn_recovery_code_used: 'A recovery code was used. `data.left` is the number of unused ones.',
  authn_recovery_codes_made: 'Recovery codes were replaced.',
  authn_reauthenticated: 'A signed-in user confirmed their identity. `data.method` says how.',
  authn_password_change: 'A password was changed or reset (`data.reason`).',
  authn_password_removed: 'A user removed the password of the account, and signs in with a passkey.',
  authn_password_change_fail: 'A change of password was refused.',
  authn_email_code_sent: 'A code was sent by email, for a sign-in or to confirm an identity.',
  authn_password_reset_requested: 'A link to reset a password was requested.',
  authn_email_change_requested:
    'A change of the email address of an account was requested. It takes effect when the link is used.',
  authn_email_verification_requested: 'The link to verify an email address was requested again.',
  authn_token_reuse: 'A refresh token was reused, so somebody may have copied it. The session was ended.',
  authn_passkey_added: 'A user added a passkey. `data.synced` tells whether it is synced to other devices.',
  authn_passkey_removed: 'A passkey was removed.',
  authn_token_created: 'An API key was created. `data.key` is its id.',
  authn_token_revoked: 'An API key was revoked. `data.reason` says why, unless its owner or an admin did.',
  authn_passkey_clone_suspected:
    'A passkey that cannot be synced was refused, because its counter did not rise: somebody may have copied it.',
  authn_identity_linked:
    'An identity at a provider was connected to an account. `data.provider` names the provider.',
  authn_identity_unlinked: 'An identity at a provider was removed from an account.',
  session_expired: 'A session was ended before it expired. `data.reason` says why.',
  authz_fail:
    'A signed-in user was refused because of a missing role, or an API key (`data.key`) because of a missing scope.',
  authz_change: 'The role of a user was changed.',
  excess_rate_limit_exceeded: 'A client reached a rate limit.',
  malicious_extraneous:
    'A signed-in user sent privileged fields to a route that does not accept them. `data.fields` lists them.',
  user_created: 'An account was created.',
  user_updated: 'An account was changed.',
  user_deactivated: 'An account was deactivated. Its user cannot sign in.',
  user_activated: 'A deactivated account was activated again.',
  user_deleted: 'An account was deleted. Its data is kept for the grace period.',
  user_restored: 'A deleted account was restored within the grace period.',
  user_erased: 'The grace period of a deleted account ended, and its data was erased.',
  webhook_created: 'An admin added a webhook. `data.host` is where its events are sent.',
  webhook_changed: 'An admin changed a webhook. `data.changed` lists the fields.',
  webhook_deleted: 'An admin deleted a webhook.',
  webhook_disabled:
    'A webhook was disabled, by an admin or because its endpoint is gone or failing (`data.reason`).',
  sensitive_read:
    'A user exported the data of their account, or an operator exported all accounts (`data.reason`).',
  sensitive_update: 'IP addresses in old audit events were shortened.',
  audit_verified:
    'The audit trail was verified on schedule. `data.events` is the number of events read; the other numbers count faults by kind, and are all 0 if the trail is intact.',
  sensitive_delete: 'Old audit events were deleted when their retention period ended.',
} as const satisfies Record<string, string>;

/** Type of an audit event. */
export type AuditType = keyof typeof auditTypes;
