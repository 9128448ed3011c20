import type { MailLanguage } from './mail-language.js';
import type { Mailer } from './mailer.js';
import type { MailBudgets } from './mail-budgets.js';

/** Sending and appearance of messages. */
export interface MailOptions {
  /**
   * Mailer that sends the messages: `new SmtpMailer('smtps://…')`, or your own. Default none: messages wait
   * in the queue.
   */
  mailer?: Mailer;
  /** Sender: an email address, with or without a name. Default `no-reply` at the host of `publicUrl`. */
  from?: string;
  /** Name of the product in messages. Default the name in `from`, or `"Astra"`. */
  productName?: string;
  /**
   * Color of buttons, as `#rrggbb`; their text is white, or black if white would be illegible. Default
   * `#1f4fd8`.
   */
  color?: string;
  /**
   * Logo on pages, instead of the first letter of the name: the path of a PNG, WebP or SVG file of at most 64 KiB. Messages
   * have none, as they contain no images. Default none.
   */
  logo?: string;
  /** Language of all messages: `en`, `de`, or your own. Default `en`. */
  language?: MailLanguageName | MailLanguage;
  /**
   * URLs of your own pages, each but `sessions` containing `{token}`, preferably after a `#`. Default Astra's pages below
   * `publicUrl`.
   */
  links?: Partial<Record<MailLink, string>>;
  /**
   * Maximum number of messages per mailbox, regardless of who causes them; omitted budgets have their
   * default.
   */
  budgets?: Partial<MailBudgets>;
}

/** Built-in languages of messages. */
export const mailLanguages = ['en', 'de'] as const;
export type MailLanguageName = (typeof mailLanguages)[number];

/**
 * Targets of emailed links. A first password is set on the page that resets one. At `signIn`, the `{token}` is a code
 * by email. `sessions` shows users where they are signed in. Without Astra's pages and a page of your own, messages have no link
 * to these two.
 */
export type MailLink =
  'verifyEmail' | 'resetPassword' | 'confirmEmail' | 'undoEmailChange' | 'signIn' | 'sessions';
