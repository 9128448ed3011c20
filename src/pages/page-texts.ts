import type { PasswordProblem } from '../auth/passwords/policy/password-policy.js';
import type { PasswordPolicyName } from '../settings/astra-options.js';

/** Text of a page in one state. Plain text; escaped for HTML. */
export interface StateText {
  title: string;
  paragraphs: readonly string[];
  /** Whether the next step is to sign in. */
  signIn?: true;
}

/** States of a page except the first, which has a form. Rejections are named by the code of the problem. */
type Outcome =
  'done' | 'invalid-token' | 'email-taken' | 'username-taken' | 'incomplete' | 'sent' | 'disowned';

/** Texts of one page by state. */
export interface PageText {
  /** State with the form. `notMine` and `disown` are for users who did not create the account. */
  ready: StateText & { button: string; notMine?: string; disown?: string };
  /** Outcomes. `incomplete`: the URL has no token, because it was copied in part or the page was reloaded. */
  outcomes: Partial<Record<Outcome, StateText>>;
}

/** Validation codes of the API that these pages can encounter. */
export type InputCode =
  | PasswordProblem['code']
  | 'value_error'
  | 'string_too_short'
  | 'string_too_long'
  | 'string_pattern_mismatch'
  | 'missing';

/** Texts of all pages in one language. */
export interface PageTexts {
  /** BCP 47 tag. */
  readonly tag: string;
  readonly noScript: string;
  readonly email: string;
  /** Link to the sign-in page. */
  readonly signIn: string;
  readonly sendAgain: string;
  readonly newPassword: string;
  readonly showPassword: string;
  readonly passwordRules: Readonly<Record<PasswordPolicyName, readonly string[]>>;
  /** `{when}` is replaced by "in 2 minutes" or {@link PageTexts.shortly}. */
  readonly tooManyTries: string;
  /** `{when}` as in `tooManyTries`. */
  readonly away: string;
  readonly shortly: string;
  /** Texts for validation codes that replace those of the API. */
  readonly inputErrors: Readonly<Partial<Record<InputCode, string>>>;
  /** Account of a link: `{username}`, and time and origin of its creation, `{when}`. */
  readonly registration: string;
  readonly pages: (product: string) => Readonly<Record<PageName, PageText>>;
}

/** Last segment of a page's URL. */
export type PageName = 'verify-email' | 'reset-password' | 'confirm-email' | 'undo-email-change';

/** Texts of the sign-in page in one language: `files/sign-in/*.json`. Plain text; escaped for HTML. */
export interface SignInTexts {
  /** States without a form, in addition to those of other pages. */
  readonly outcomes: Readonly<Record<string, StateText>>;
  /** Texts that the script inserts. `problems` has those of the API by code. */
  readonly words: object;
  /** Texts that the template inserts. */
  readonly [key: string]: unknown;
}
