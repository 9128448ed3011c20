/** How many messages of one kind a mailbox gets, from a first one on. Each is 1 to 1 000; `day` is not less than `hour`. */
export interface MailBudget {
  hour: number;
  day: number;
}

/**
 * How much mail a mailbox gets, by kind. Anybody can name anybody's address, so this protects people who may have
 * nothing to do with us: it holds with or without rate limits, and none of it can be switched off.
 */
export interface MailBudgets {
  /** Notices of what happened to an account; whatever is above it is told later, by one digest. Default 5 and 20. */
  notices: MailBudget;
  /** Links that verify the address of an account: one of a registration, and five more. Default 6 and 6. */
  verifications: MailBudget;
  /** Links to choose a password, for people who forgot it or never had one. Default 6 and 20. */
  passwordLinks: MailBudget;
  /** Links to choose a new password, because an admin has ended the old one. Default 5 and 10. */
  endedPasswords: MailBudget;
  /** Links that confirm a new address of an account. Default 3 and 10. */
  confirmations: MailBudget;
  /** Messages to the old address that it was changed: the last that its owner gets. Default 5 and 20. */
  changedAddresses: MailBudget;
}

/** What {@link MailBudgets} are unless the host says otherwise. */
const defaults: MailBudgets = {
  notices: { hour: 5, day: 20 },
  verifications: { hour: 6, day: 6 },
  passwordLinks: { hour: 6, day: 20 },
  endedPasswords: { hour: 5, day: 10 },
  confirmations: { hour: 3, day: 10 },
  changedAddresses: { hour: 5, day: 20 },
};

const MAX = 1_000;

/**
 * The budgets with their defaults.
 *
 * @throws {RangeError} naming the option that is wrong and what it may be.
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
