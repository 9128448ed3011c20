/**
 * Data of each message. Fields that end in `At` are dates; `token` is part of the link and is not passed to
 * the texts.
 *
 * Usernames are omitted if a stranger may have chosen them. An email address belongs to one account, so the
 * recipient does not need a username to identify it. A message that asks to verify an email address must
 * include the username: a recipient who does not know it did not register.
 */
export interface MailData {
  /**
   * To the email address of a new account, or again on request. `origin` is the device and network of the
   * registration, if known, such as "Firefox on Linux, 203.0.113.0/24". These fields are missing in messages
   * queued by older versions.
   */
  'verify-email': {
    token: string;
    expiresAt: Date;
    username?: string;
    registeredAt?: Date;
    origin?: string | null;
  };
  /**
   * Code, such as `1234 5678`, which somebody asked for on `device`. It is not in the subject, which lock screens show. `token` is the
   * code in a link, which continues a sign-in in the browser that has begun it.
   */
  'email-code': { code: string; device: string; ip: string | null; expiresAt: Date; token?: string };
  /** To a user who forgot the password. */
  'reset-password': { token: string; expiresAt: Date };
  /** To the owner of an account whose password was revoked by an admin. */
  'password-ended': { token: string; expiresAt: Date };
  /**
   * To the owner of an account without a password, such as one created by an admin, who chose the username.
   */
  'set-password': { username: string; token: string; expiresAt: Date };
  /** To the new email address. */
  'confirm-email-change': { token: string; expiresAt: Date };
  /** To the old email address, when the change is requested. */
  'email-change-notice': { newEmail: string };
  /** To the old email address, when the change is completed. */
  'email-changed': { newEmail: string; changedAt: Date; token?: string; expiresAt?: Date };
  /** To the new email address, when the change was undone from the old one. */
  'email-change-undone': { changedAt: Date };
  'password-changed': { changedAt: Date };
  /** Notice that the user removed the password, and signs in with a passkey. */
  'password-removed': { removedAt: Date };
  /** Notice of a new second factor. */
  'factor-added': { addedAt: Date };
  /** Notice that the second factor was removed, by the user or by an admin. */
  'factor-removed': { removedAt: Date };
  /** Notice that a recovery code was used. `left` is the number of unused ones. */
  'recovery-code-used': { usedAt: Date; left: number };
  /** Notice that the recovery codes were replaced. */
  'recovery-codes-replaced': { replacedAt: Date };
  /** Warning after several wrong codes in a row, each after the correct password. */
  'password-known': object;
  /** Notice of a changed username. The username itself is omitted. */
  'username-changed': { changedAt: Date };
  /** Notice of a sign-in from a new device. `device` is readable: "Firefox on Linux". */
  'new-sign-in': { device: string; ip: string | null; signedInAt: Date };
  /** Notice that a session was ended because a refresh token was used twice. */
  'session-replayed': { device: string; ip: string | null; endedAt: Date };
  /** Notices about passkeys. `authenticator` is from a list, not the name that the user, or a thief, has chosen. */
  'passkey-added': { authenticator: string | null; addedAt: Date };
  'passkey-removed': { authenticator: string | null; removedAt: Date };
  /** Notice that a passkey which cannot be synced seems to exist twice. */
  'passkey-copied': { authenticator: string | null; usedAt: Date };
  /** Notices about identities. `provider` is its title. */
  'identity-linked': { provider: string; linkedAt: Date };
  'identity-unlinked': { provider: string; unlinkedAt: Date };
  /** Notice of a new API key. `scopes` are separated by commas. The name, which a thief may have chosen, is omitted. */
  'api-key-created': { scopes: string; createdAt: Date; expiresAt: Date };
  /** Warning that an API key expires in a week. `hint` is the last four letters of its token. */
  'api-key-expires': { hint: string; expiresAt: Date };
  'account-deactivated': object;
  /** `erasedAt` is when the data is erased. */
  'account-deleted': { erasedAt: Date };
  /** To each admin: a webhook was disabled, because its endpoint is gone, or has failed for five days. */
  'webhook-disabled': { host: string; disabledAt: Date };
  /** To the owner of an email address that was entered for another account. */
  'registration-attempt': object;
  /** Replacement for notices above the budget of the mailbox. */
  digest: { changes: number };
}

/** Name of a message. */
export type MailTemplate = keyof MailData;

/** Data passed to texts: dates are already formatted in the language, in UTC. */
export type TextData<T extends MailTemplate> = {
  readonly [K in Exclude<keyof MailData[T], 'token'>]: Date extends MailData[T][K]
    ? Exclude<MailData[T][K], Date> | string
    : MailData[T][K];
} & {
  /** Name of the product. */
  readonly product: string;
};

/** Text of a message. It is plain text, and is escaped for HTML. */
export interface MailText {
  subject: string;
  paragraphs: readonly string[];
  /** Label of the button of a message with a link. */
  button?: string;
  /** Paragraphs below the button. */
  afterwards?: readonly string[];
}

/** All messages in one language. */
export type MailTexts = { readonly [T in MailTemplate]: (data: TextData<T>) => MailText };

/** A language that messages can be written in. */
export interface MailLanguage {
  /** BCP 47 tag, which also determines the format of dates. */
  readonly tag: string;
  readonly greeting: string;
  /** Text before the URL of a link, for readers who cannot use the button. */
  readonly linkHint: string;
  /** Last line of each message. */
  readonly footer: (product: string) => string;
  readonly texts: MailTexts;
}
