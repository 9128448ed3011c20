import type { MailBudgets } from '../settings/mail/mail-budgets.js';
import type { MailTemplate } from '../settings/mail/mail-language.js';

/** Delivery rules of a message. */
interface MailKind {
  /** Budget of the mailbox that it counts against. */
  budget: keyof MailBudgets;
  /** Whether it is also sent to unverified mailboxes. A new user can name any mailbox. */
  toUnverified: boolean;
}

/** Rules of a notice, which is informative and so can be delayed to a digest. */
const notice: MailKind = { budget: 'notices', toUnverified: false };

/** Delivery rules of each message; the compiler requires all of them. */
export const mailKinds: Readonly<Record<MailTemplate, MailKind>> = {
  'verify-email': { budget: 'verifications', toUnverified: true },
  'reset-password': { budget: 'passwordLinks', toUnverified: true },
  'set-password': { budget: 'passwordLinks', toUnverified: true },
  'email-code': { budget: 'codes', toUnverified: true },
  'password-ended': { budget: 'endedPasswords', toUnverified: true },
  'confirm-email-change': { budget: 'confirmations', toUnverified: true },
  // Not a notice: otherwise a thief could exhaust the budget first to suppress this message.
  'email-changed': { budget: 'changedAddresses', toUnverified: false },
  'email-change-notice': notice,
  'email-change-undone': notice,
  'factor-added': notice,
  'factor-removed': notice,
  'recovery-code-used': notice,
  'recovery-codes-replaced': notice,
  'password-known': notice,
  'username-changed': notice,
  'password-changed': notice,
  'password-removed': notice,
  'new-sign-in': notice,
  'session-replayed': notice,
  'passkey-added': notice,
  'passkey-removed': notice,
  'passkey-copied': notice,
  'identity-linked': notice,
  'identity-unlinked': notice,
  'api-key-created': notice,
  'api-key-expires': notice,
  'account-deactivated': notice,
  'account-deleted': notice,
  'webhook-disabled': notice,
  'registration-attempt': notice,
  digest: notice,
};
