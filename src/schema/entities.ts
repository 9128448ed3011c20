import { AuditChain } from '../audit/chains/audit-chain.entity.js';
import { AuditEvent } from '../audit/audit-event.entity.js';
import { AccountExport } from '../auth/account/account-export.entity.js';
import { ApiKey } from '../auth/api-keys/api-key.entity.js';
import { OneTimeToken } from '../auth/one-time-tokens/one-time-token.entity.js';
import { EmailCode } from '../auth/email-codes/email-code.entity.js';
import { RecoveryCode } from '../auth/factors/recovery-codes/recovery-code.entity.js';
import { Totp } from '../auth/factors/totp/totp.entity.js';
import { PendingSignIn } from '../auth/sign-in/continuation/pending-sign-in.entity.js';
import { Passkey } from '../auth/factors/passkeys/passkey.entity.js';
import { UsedChallenge } from '../auth/one-time-tokens/used-challenge.entity.js';
import { Identity } from '../auth/providers/identities/identity.entity.js';
import { IdentitySignIn } from '../auth/providers/waiting/identity-sign-in.entity.js';
import { Session } from '../auth/sessions/session.entity.js';
import { MailCount } from '../mail/delivery/mail-count.entity.js';
import { StoredNotice } from '../database/notices/stored-notice.entity.js';
import { MailBudgetCounter } from '../mail/mail-budget-counter.entity.js';
import { RateLimitCounter } from '../rate-limit/counters/rate-limit-counter.entity.js';
import { SignInFailure } from '../rate-limit/sign-in/sign-in-failure.entity.js';
import { EmailUndo } from '../users/held-names/email-undo.entity.js';
import { ImportedUser } from '../fastapi/imported-user.entity.js';
import { PendingRegistration } from '../users/held-names/pending-registration.entity.js';
import { User } from '../users/user.entity.js';
import { WebhookDelivery } from '../webhooks/deliveries/webhook-delivery.entity.js';
import { Webhook } from '../webhooks/endpoints/webhook.entity.js';
import { WebhookEvent } from '../webhooks/events/webhook-event.entity.js';

/**
 * Astra's entities, listed because globs break in ESM, in Jest and in a host's build. The type names none of
 * them, so that a host can export values of this type (TS2883).
 */
export const entities: (new () => object)[] = [
  User,
  EmailUndo,
  ImportedUser,
  PendingRegistration,
  Session,
  OneTimeToken,
  PendingSignIn,
  EmailCode,
  Totp,
  RecoveryCode,
  Passkey,
  UsedChallenge,
  Identity,
  IdentitySignIn,
  ApiKey,
  AuditChain,
  AuditEvent,
  RateLimitCounter,
  SignInFailure,
  MailBudgetCounter,
  MailCount,
  AccountExport,
  StoredNotice,
  Webhook,
  WebhookEvent,
  WebhookDelivery,
];
