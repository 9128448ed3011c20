/**
 * What each message tells. Fields that end in `At` are dates; `token` opens the link and is not seen by the texts.
 *
 * Usernames are left out, where a stranger may have chosen them. An address belongs to one account, so nobody needs one
 * to know which is meant. A message that asks to verify an address must name it: who does not know it did not choose it.
 */
export interface MailData {
  /**
   * To the address of a new account, or again on request. `origin` is from where it was registered, if that is known: such
   * as "Firefox on Linux, 203.0.113.0/24". All of it is missing in messages that waited from before it was told.
   */
  'verify-email': {
    token: string;
    expiresAt: Date;
    username?: string;
    registeredAt?: Date;
    origin?: string | null;
  };
  /** To whoever forgot the password. */
  'reset-password': { token: string; expiresAt: Date };
  /** To the owner of an account whose password an administrator has ended. */
  'password-ended': { token: string; expiresAt: Date };
  /** To the owner of an account without a password, such as one that an administrator made, choosing the username. */
  'set-password': { username: string; token: string; expiresAt: Date };
  /** To the new address. */
  'confirm-email-change': { token: string; expiresAt: Date };
  /** To the old address, when the change is asked for. */
  'email-change-notice': { newEmail: string };
  /** To the old address, when the change is done. */
  'email-changed': { newEmail: string; changedAt: Date; token?: string; expiresAt?: Date };
  /** To the new address, when the old mailbox has undone the change. */
  'email-change-undone': { changedAt: Date };
  'password-changed': { changedAt: Date };
  /** Of the name to sign in with. The name itself is left out, as everywhere. */
  'username-changed': { changedAt: Date };
  /** From a device that was not seen before. `device` is readable: "Firefox on Linux". */
  'new-sign-in': { device: string; ip: string | null; signedInAt: Date };
  /** A refresh token was used twice, so the session was ended. */
  'session-replayed': { device: string; ip: string | null; endedAt: Date };
  'account-deactivated': object;
  /** `erasedAt` is when the data goes. */
  'account-deleted': { erasedAt: Date };
  /** To the owner of an address that somebody wanted for another account. */
  'registration-attempt': object;
  /** In place of the notices for which the mailbox had no budget left. */
  digest: { changes: number };
}

/** The messages there are. */
export type MailTemplate = keyof MailData;

/** The part of the data that texts see: dates are written out already, in the language and in UTC. */
export type TextData<T extends MailTemplate> = {
  readonly [K in Exclude<keyof MailData[T], 'token'>]: Date extends MailData[T][K]
    ? Exclude<MailData[T][K], Date> | string
    : MailData[T][K];
} & {
  /** Who writes: the product. */
  readonly product: string;
};

/** What a message says. Plain text: it is escaped where it becomes HTML. */
export interface MailText {
  subject: string;
  paragraphs: readonly string[];
  /** On the button of a message with a link. */
  button?: string;
  /** Below the button. */
  afterwards?: readonly string[];
}

/** All messages in one language. */
export type MailTexts = { readonly [T in MailTemplate]: (data: TextData<T>) => MailText };

/** A language that messages can be written in. */
export interface MailLanguage {
  /** BCP 47; also says how dates are written. */
  readonly tag: string;
  readonly greeting: string;
  /** Before the address of a link, for those who cannot press the button. */
  readonly linkHint: string;
  /** At the end of each message. */
  readonly footer: (product: string) => string;
  readonly texts: MailTexts;
}
