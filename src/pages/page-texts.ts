import type { PasswordProblem } from '../auth/passwords/policy/password-policy.js';
import type { PasswordPolicyName } from '../settings/astra-options.js';

/** What a page says in one of its states. Plain text: it is escaped where it becomes HTML. */
export interface StateText {
  title: string;
  paragraphs: readonly string[];
}

/** All states of a page but the first, which has a button. A refusal is named by the code of its problem. */
type Outcome =
  'done' | 'invalid-token' | 'email-taken' | 'username-taken' | 'incomplete' | 'sent' | 'disowned';

/** What one page says, state by state. */
export interface PageText {
  /** `notMine` and `disown` are for those who did not create the account. */
  ready: StateText & { button: string; notMine?: string; disown?: string };
  /** `incomplete` if the address has no token: it was copied in part, or the page was loaded again. */
  outcomes: Partial<Record<Outcome, StateText>>;
}

/** Codes of the API's validation that these pages can meet. */
export type InputCode = PasswordProblem['code'] | 'value_error';

/** All pages in one language. */
export interface PageTexts {
  /** BCP 47. */
  readonly tag: string;
  readonly noScript: string;
  readonly email: string;
  readonly sendAgain: string;
  readonly newPassword: string;
  readonly showPassword: string;
  readonly passwordRules: Readonly<Record<PasswordPolicyName, readonly string[]>>;
  /** `{when}` becomes "in 2 minutes", or {@link PageTexts.shortly}. */
  readonly tooManyTries: string;
  /** `{when}` as above. */
  readonly away: string;
  readonly shortly: string;
  /** What the API says of wrong input, if it is to be said in other words. */
  readonly inputErrors: Readonly<Partial<Record<InputCode, string>>>;
  /** Which account a link is for, `{username}`, and when and from where it was created, `{when}`. */
  readonly registration: string;
  readonly pages: (product: string) => Readonly<Record<PageName, PageText>>;
}

/** The last part of a page's address. */
export type PageName = 'verify-email' | 'reset-password' | 'confirm-email' | 'undo-email-change';
