import type { MailTexts } from '../../settings/mail/mail-language.js';

/** Messages about passkeys that somebody else may use. */
type PasskeyTexts = Pick<MailTexts, 'passkey-added' | 'passkey-copied'>;

/** English messages about passkeys. */
export const passkeyTextsEn: PasskeyTexts = {
  'passkey-added': ({ product, authenticator, addedAt }) => ({
    subject: `A passkey was added to your ${product} account`,
    paragraphs: [
      `A passkey${authenticator ? ` (${authenticator})` : ''} was added to your account on ${addedAt}. It can be used to sign in.`,
      'If this wasn’t you, remove it in your account and end all other sessions, reset your password, and let us know.',
    ],
  }),
  'passkey-copied': ({ product, authenticator, usedAt }) => ({
    subject: `One of your passkeys for ${product} may have been copied`,
    paragraphs: [
      `On ${usedAt}, we refused a sign-in with one of your passkeys${authenticator ? ` (${authenticator})` : ''}, because it looked like a copy of it.`,
      'Remove this passkey from your account, and add a new one. If you don’t know why this happened, let us know.',
    ],
  }),
};

/** German messages about passkeys. */
export const passkeyTextsDe: PasskeyTexts = {
  'passkey-added': ({ product, authenticator, addedAt }) => ({
    subject: `Neuer Passkey für Ihr Konto bei ${product}`,
    paragraphs: [
      `Ihrem Konto wurde am ${addedAt} ein Passkey${authenticator ? ` (${authenticator})` : ''} hinzugefügt. Damit ist eine Anmeldung möglich.`,
      'Wenn Sie das nicht waren, entfernen Sie ihn bitte in Ihrem Konto, beenden Sie alle anderen Sitzungen, setzen Sie Ihr Passwort zurück und geben Sie uns Bescheid.',
    ],
  }),
  'passkey-copied': ({ product, authenticator, usedAt }) => ({
    subject: `Einer Ihrer Passkeys für ${product} wurde möglicherweise kopiert`,
    paragraphs: [
      `Am ${usedAt} haben wir eine Anmeldung mit einem Ihrer Passkeys${authenticator ? ` (${authenticator})` : ''} abgelehnt, weil sie nach einer Kopie aussah.`,
      'Entfernen Sie diesen Passkey bitte aus Ihrem Konto und fügen Sie einen neuen hinzu. Wenn Sie sich das nicht erklären können, geben Sie uns Bescheid.',
    ],
  }),
};
