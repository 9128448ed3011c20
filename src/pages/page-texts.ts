import type { ProblemCode } from '../http/problem/problem-types.js';
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

/** Messages that replace those of the API, which are in English. */
export interface Messages {
  /** By the code of a field's error, or by the field and the code: `username.string_too_short`. */
  readonly fields: Readonly<Record<string, string>>;
  readonly problems: Readonly<Partial<ProblemMessages>>;
}

/** By the code of a problem, of which pages have some of their own. */
export type ProblemMessages = Record<
  ProblemCode | 'invalid-password' | 'no-passkeys' | 'other-identity' | 'own-email-taken',
  string
>;

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
  readonly messages: Messages;
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
  /** Texts that the script inserts. */
  readonly words: object;
  /** Texts that the template inserts. */
  readonly [key: string]: unknown;
}
