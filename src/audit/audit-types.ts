/**
 * What can happen, in the words of OWASP's Application Logging Vocabulary where it has one. `user_deactivated`,
 * `user_activated`, `user_restored`, `user_erased` and those that end in `_requested` are ours.
 */
export const auditTypes = {
  authn_login_success: 'Somebody signed in.',
  authn_login_fail: 'A sign-in failed; `data.reason` says why, which the caller was not told.',
  authn_login_lock: 'An account was locked for a while, or its password disabled, after too many failures.',
  authn_password_change: 'A password was changed, or replaced by a reset (`data.reason`).',
  authn_password_change_fail: 'A change of password was refused.',
  authn_password_reset_requested: 'A link to replace a forgotten password was asked for.',
  authn_email_change_requested:
    'Another email address for an account was asked for; it changes when a link is used.',
  authn_email_verification_requested: 'The link that verifies the address of an account was asked for again.',
  authn_token_reuse: 'A refresh token was used again later: somebody has a copy. The session ended.',
  session_expired: 'A session was ended before its time; `data.reason` says by what.',
  authz_fail: 'A signed-in user was refused for want of a role.',
  authz_change: 'The role of a user was changed.',
  excess_rate_limit_exceeded: 'A client reached a limit.',
  malicious_extraneous:
    'A signed-in user sent fields that would be a privilege to a route that does not take them; `data.fields` names them.',
  user_created: 'An account was made.',
  user_updated: 'An account was changed.',
  user_deactivated: 'An account was deactivated: nobody signs in to it.',
  user_activated: 'A deactivated account was activated again.',
  user_deleted: 'An account was deleted. Its data stays for the days of grace.',
  user_restored: 'A deletion was undone within the days of grace.',
  user_erased: 'The days of grace are over: the data of a deleted account is gone.',
  sensitive_read:
    'Somebody took a copy of all that is stored about a user; or an operator, of all accounts (`data.reason`).',
  sensitive_update: 'Addresses in old audit events were shortened.',
  sensitive_delete: 'Old audit events were deleted, by the retention that is set.',
} as const satisfies Record<string, string>;

/** What happened: a key of {@link auditTypes}. */
export type AuditType = keyof typeof auditTypes;
