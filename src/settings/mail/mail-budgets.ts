/**
 * Maximum number of messages of one kind per mailbox, from the first one on. Each is 1 to 1 000; `day` is at least
 * `hour`.
 */
export interface MailBudget {
  hour: number;
  day: number;
}

/**
 * Message budgets of a mailbox. Anybody can name any email address, so budgets protect people who may have nothing to
 * do with the application. They apply with or without rate limits, and cannot be disabled.
 */
export interface MailBudgets {
  /** Notices about an account; those over budget are replaced by one digest later. Default 5 and 20. */
  notices: MailBudget;
  /** Links that verify the email address of an account: one at registration, and five more. Default 6 and 6. */
  verifications: MailBudget;
  /** Links to choose a password, for users who forgot it or never had one. Default 6 and 20. */
  passwordLinks: MailBudget;
  /** Codes to sign in. Default 5 and 30. */
  codes: MailBudget;
  /** Links to choose a new password after an admin disabled the old one. Default 5 and 10. */
  endedPasswords: MailBudget;
  /** Links that confirm a new email address. Default 3 and 10. */
  confirmations: MailBudget;
  /** Messages to the old email address after a change, the last ones that its owner gets. Default 5 and 20. */
  changedAddresses: MailBudget;
}

/** Defaults of {@link MailBudgets}. */
const defaults: MailBudgets = {
  notices: { hour: 5, day: 20 },
  verifications: { hour: 6, day: 6 },
  passwordLinks: { hour: 6, day: 20 },
  codes: { hour: 5, day: 30 },
  endedPasswords: { hour: 5, day: 10 },
  confirmations: { hour: 3, day: 10 },
  changedAddresses: { hour: 5, day: 20 },
};

const MAX = 1_000;

/**
 * Validates the budgets, and adds the defaults.
 *
 * @throws {RangeError} with the name of an invalid option and its valid values.
 */
export function checkedMailBudgets(chosen: Partial<MailBudgets> = {}): MailBudgets {
  for (const kind of Object.keys(chosen)) {
    if (!Object.hasOwn(defaults, kind))
      throw new RangeError(`mail.budgets has no "${kind}", only: ${Object.keys(defaults).join(', ')}`);
  }
  const budgets = { ...defaults, ...chosen };
  for (const [kind, { hour, day }] of Object.entries(budgets)) {
    if (!(Number.isInteger(hour) && hour >= 1 && Number.isInteger(day) && day >= hour && day <= MAX))
      throw new RangeError(
        `mail.budgets.${kind} must have whole numbers from 1 to ${MAX}, hour not above day`,
      );
  }
  return budgets;
}
