import type { MailLanguage } from './mail-language.js';
import type { Mailer } from './mailer.js';
import type { MailBudgets } from './mail-budgets.js';

/** How mail is sent, and what it looks like. */
export interface MailOptions {
  /** Sends the messages: `new SmtpMailer('smtps://…')`, or one of your own. Default none: mail waits in the queue. */
  mailer?: Mailer;
  /** Sender: an address, with or without a name. Default `no-reply` at the host of `publicUrl`. */
  from?: string;
  /** What the messages call the product. Default the name in `from`, else `"Astra"`. */
  productName?: string;
  /** Of the button, as `#rrggbb`; its text is white, or black where white could not be read. Default `#1f4fd8`. */
  color?: string;
  /** The language of all messages: `en`, `de`, or one of your own. Default `en`. */
  language?: MailLanguageName | MailLanguage;
  /** Addresses of your own pages, each with `{token}` in it, best after a `#`. Default Astra's pages below `publicUrl`. */
  links?: Partial<Record<MailLink, string>>;
  /** How much a mailbox gets at most, whoever causes it; what is left out has its default. */
  budgets?: Partial<MailBudgets>;
}

/** Languages that messages are written in. */
export const mailLanguages = ['en', 'de'] as const;
export type MailLanguageName = (typeof mailLanguages)[number];

/** What links in mail lead to. A password is set on the same page as it is reset. */
export type MailLink = 'verifyEmail' | 'resetPassword' | 'confirmEmail' | 'undoEmailChange';
