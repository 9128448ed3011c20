import { ApiKeyCreated, ApiKeyRevoked } from '../../auth/api-keys/api-key-events.js';
import { FactorAdded, FactorRemoved, RecoveryCodeUsed } from '../../auth/factors/factor-events.js';
import { PasskeyAdded, PasskeyRemoved } from '../../auth/factors/passkeys/passkey-events.js';
import { PasswordChanged } from '../../auth/passwords/password-changed.event.js';
import { PasswordRemoved } from '../../auth/passwords/password-removed.event.js';
import {
  IdentityLinked,
  IdentityProven,
  IdentityUnlinked,
} from '../../auth/providers/identities/identity-events.js';
import { Reauthenticated } from '../../auth/reauthentication/reauthenticated.event.js';
import { AllSessionsEnding, SessionEnded, SignedIn } from '../../auth/sessions/session-events.js';
import type { AccountEvent, AccountEventType } from '../../users/events/account-events.js';
import {
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
} from '../../users/events/user-events.js';
import { id, personal, text, told, type WebhookType } from './webhook-field.js';

/**
 * All types of events that webhooks tell: the catalogue for endpoints, the payloads and their schemas come from here. A
 * published name never changes its meaning, and fields are only added.
 */
export const webhookTypes = {
  // Accounts. None of it is raised for users that an operator imports.
  'user.registered': told(UserRegistered, 'An account was created', {
    role: text(({ role }) => role, 'user'),
    username: personal(({ username }) => username, 'ada'),
    email: personal(({ email }) => email, 'ada@example.com'),
    full_name: personal(({ fullName }) => fullName, 'Ada Lovelace'),
  }),
  'user.updated': told(UserUpdated, 'Fields of an account were changed', {
    changed: {
      of: ({ changed }) => changed,
      schema: {
        type: 'array',
        items: { type: 'string' },
        description: 'Names of the fields as in the API.',
        examples: [['full_name']],
      },
    },
  }),
  'user.deactivated': told(UserDeactivated, 'An account was deactivated'),
  'user.activated': told(UserActivated, 'A deactivated account was activated again'),
  'user.deleted': told(UserDeleted, 'An account was deleted, and can be restored for 30 days', {
    username: personal(({ username }) => username, 'ada'),
    email: personal(({ email }) => email, 'ada@example.com'),
  }),
  'user.restored': told(UserRestored, 'The deletion of an account was undone'),
  'user.erased': told(UserErased, 'The data of a deleted account was erased'),
  'user.role_changed': told(RoleChanged, 'The role of an account was changed', {
    before: text(({ before }) => before, 'user'),
    after: text(({ after }) => after, 'moderator'),
  }),
  'user.email_verified': told(EmailVerified, 'The email address of an account was verified', {
    email: personal(({ email }) => email, 'ada@example.com'),
  }),
  'user.email_changed': told(EmailChanged, 'The email address of an account was changed', {
    email: personal(({ email }) => email, 'ada@example.com'),
  }),
  'user.password_changed': told(PasswordChanged, 'The password of an account was replaced', {
    reason: text(({ reason }) => reason, 'reset', '`change`, `reset`, `operator` or `application`.'),
  }),
  'user.password_removed': told(PasswordRemoved, 'The password of an account was removed'),
  // Sessions. An expired one ends without an event.
  'session.started': told(SignedIn, 'A user signed in', {
    session_id: id(({ sessionId }) => sessionId),
    new_device: {
      of: ({ isNewDevice }) => isNewDevice,
      schema: {
        type: 'boolean',
        description: 'Whether the user has signed in before, but only from other devices.',
        examples: [false],
      },
    },
    ip: personal(({ client }) => client.ip, '192.0.2.17'),
    user_agent: personal(({ client }) => client.userAgent, 'Mozilla/5.0'),
  }),
  'session.ended': told(SessionEnded, 'A session was ended before it expired', {
    session_id: id(({ sessionId }) => sessionId),
    reason: text(({ reason }) => reason, 'logout'),
  }),
  // Second factors, and passkeys, which are both a factor and a way to sign in.
  'factor.added': told(FactorAdded, 'A second factor was added', { type: text(({ type }) => type, 'totp') }),
  'factor.removed': told(FactorRemoved, 'A second factor was removed', {
    type: text(({ type }) => type, 'totp'),
  }),
  'passkey.added': told(PasskeyAdded, 'A passkey was added', {
    passkey_id: id(({ passkeyId }) => passkeyId),
  }),
  'passkey.removed': told(PasskeyRemoved, 'A passkey was removed', {
    passkey_id: id(({ passkeyId }) => passkeyId),
  }),
  // Users of other providers. Their ids there are personal, and useless to others.
  'identity.linked': told(IdentityLinked, 'A user of a provider was linked to an account', {
    provider: text(({ provider }) => provider, 'google'),
    identity_id: id(({ identityId }) => identityId),
  }),
  'identity.unlinked': told(IdentityUnlinked, 'A user of a provider was unlinked from an account', {
    provider: text(({ provider }) => provider, 'google'),
    identity_id: id(({ identityId }) => identityId),
  }),
  // API keys. An expired one ends without an event.
  'api_key.created': told(ApiKeyCreated, 'An API key was created', {
    api_key_id: id(({ apiKeyId }) => apiKeyId),
    scopes: {
      of: ({ scopes }) => scopes,
      schema: {
        type: 'array',
        items: { type: 'string' },
        description: 'Operations that it may do, as far as the role of its user permits.',
        examples: [['profile:read']],
      },
    },
  }),
  'api_key.revoked': told(ApiKeyRevoked, 'An API key was revoked', {
    api_key_id: id(({ apiKeyId }) => apiKeyId),
  }),
  // Sent on request only, so that no event of an account leads to it.
  ping: { event: null, says: 'An admin tests the webhook', fields: {} },
} as const satisfies Record<string, WebhookType>;

/** Name of a type of events. */
export type WebhookTypeName = keyof typeof webhookTypes;

/** Events of accounts that no webhook tells, each with the reason. */
export const untoldEvents = new Map<AccountEventType<AccountEvent>, string>([
  [AllSessionsEnding, 'session.ended comes for each session'],
  [IdentityProven, 'it names no account, and holds tokens of the provider'],
  [Reauthenticated, 'it changes nothing outside of the session'],
  [RecoveryCodeUsed, 'session.started comes with the sign-in'],
]);

/** Names of all types of events. */
export const webhookTypeNames = Object.keys(webhookTypes) as WebhookTypeName[];

/** Names of the groups of types, such as `user.*`, and `*` for all. */
export const webhookGroups: readonly string[] = [
  '*',
  ...new Set(webhookTypeNames.filter((name) => name.includes('.')).map(groupOf)),
];

/** Returns what an endpoint can subscribe to so that it gets events of a type: its name, its group, and all. */
export function subscriptionsTo(type: WebhookTypeName): readonly string[] {
  return [type, groupOf(type), '*'];
}

function groupOf(type: string): string {
  return `${type.split('.')[0]}.*`;
}
