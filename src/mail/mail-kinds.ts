import type { MailBudgets } from '../settings/mail/mail-budgets.js';
import type { MailTemplate } from '../settings/mail/mail-language.js';

/** What a message counts as. */
interface MailKind {
  /** Which budget of its mailbox it is taken from. */
  budget: keyof MailBudgets;
  /** Whether it also goes to a mailbox that nobody has shown to be theirs. Whoever signs up names any. */
  toUnverified: boolean;
}

const notice: MailKind = { budget: 'notices', toUnverified: false };

/** What each message counts as; the compiler wants all of them. */
export const mailKinds: Readonly<Record<MailTemplate, MailKind>> = {
  'verify-email': { budget: 'verifications', toUnverified: true },
  'reset-password': { budget: 'passwordLinks', toUnverified: true },
  'set-password': { budget: 'passwordLinks', toUnverified: true },
  'password-ended': { budget: 'endedPasswords', toUnverified: true },
  'confirm-email-change': { budget: 'confirmations', toUnverified: true },
  // Not among the notices: a thief who uses those up first would have this one held back.
  'email-changed': { budget: 'changedAddresses', toUnverified: false },
  'email-change-notice': notice,
  'email-change-undone': notice,
  'username-changed': notice,
  'password-changed': notice,
  'new-sign-in': notice,
  'session-replayed': notice,
  'account-deactivated': notice,
  'account-deleted': notice,
  'registration-attempt': notice,
  digest: notice,
};
