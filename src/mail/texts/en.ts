import { apiKeyTexts } from './api-keys/en.js';
import type { MailLanguage } from '../../settings/mail/mail-language.js';
import { passkeyTextsEn } from './passkey-texts.js';
import { webhookTextsEn } from './webhook-texts.js';

const notMe =
  'If this wasn’t you, reset your password now with “Forgot password” on the sign-in page, and let us know.';

/** Messages in English, the default. */
export const en: MailLanguage = {
  tag: 'en-GB',
  greeting: 'Hello,',
  linkHint: 'If the button doesn’t work, copy this link into your browser:',
  footer: (product) => `This is an automated message from ${product}. Replies to it are not read.`,
  texts: {
    'verify-email': ({ product, expiresAt, username, registeredAt, origin }) => ({
      subject: `Confirm your email address for ${product}`,
      paragraphs: [
        ...(username && registeredAt
          ? [
              `The account “${username}” was created with this email address on ${registeredAt}${origin ? ` (${origin})` : ''}.`,
            ]
          : []),
        'If you created this account, please confirm your email address.',
      ],
      button: 'Confirm email address',
      afterwards: [
        `This link expires on ${expiresAt} and can be used once.`,
        'If you didn’t create this account, don’t confirm it: somebody else knows its password. Open the link and choose “I didn’t create this account”, or ignore this email.',
      ],
    }),
    'reset-password': ({ product, expiresAt }) => ({
      subject: `Reset your password for ${product}`,
      paragraphs: [
        'Use this link to choose a new password. Saving the new password signs you out on all devices.',
      ],
      button: 'Choose a new password',
      afterwards: [
        `This link expires on ${expiresAt} and can be used once.`,
        'If you didn’t ask to reset your password, you can ignore this email. Your password stays the same.',
      ],
    }),
    'email-code': ({ product, code, device, ip, expiresAt }) => ({
      subject: `Your code for ${product}`,
      paragraphs: [
        `Your code is ${code}.`,
        `It was requested on ${device}${ip ? ` (${ip})` : ''}. Enter it where you asked for it. It expires on ${expiresAt} and can be used once.`,
      ],
      button: 'Sign in',
      afterwards: [
        'Never give this code to anybody. We will not ask you for it. If you didn’t request it, you can ignore this email. Nobody can sign in without the code.',
      ],
    }),
    'password-ended': ({ product, expiresAt }) => ({
      subject: `Your password for ${product} no longer works`,
      paragraphs: [
        'To protect your account, we disabled your password and signed you out on all devices.',
        'To sign in again, choose a new password that you have never used before.',
      ],
      button: 'Choose a new password',
      afterwards: [
        `This link expires on ${expiresAt} and can be used once.`,
        'If it has expired, use “Forgot password” on the sign-in page.',
      ],
    }),
    'set-password': ({ product, username, expiresAt }) => ({
      subject: `Set a password for your ${product} account`,
      paragraphs: [
        `Your ${product} account doesn’t have a password yet. Your username is ${username}.`,
        'Choose a password to sign in.',
      ],
      button: 'Choose a password',
      afterwards: [`This link expires on ${expiresAt} and can be used once.`],
    }),
    'confirm-email-change': ({ product, expiresAt }) => ({
      subject: `Confirm your new email address for ${product}`,
      paragraphs: [`Please confirm that you want to use this email address for your ${product} account.`],
      button: 'Use this email address',
      afterwards: [
        `This link expires on ${expiresAt} and can be used once.`,
        'If you didn’t ask for this change, you can ignore this email. Nothing will change.',
      ],
    }),
    'email-change-notice': ({ product, newEmail }) => ({
      subject: `Request to change your email address for ${product}`,
      paragraphs: [
        `Somebody who is signed in to your account asked to change its email address to ${newEmail}. Your account keeps its current email address until the new one is confirmed.`,
        notMe,
      ],
    }),
    'email-changed': ({ product, newEmail, changedAt, expiresAt }) => ({
      subject: `Your email address for ${product} was changed`,
      paragraphs: [
        `Your account has used ${newEmail} since ${changedAt}. We won’t send any more messages to this email address.`,
        expiresAt
          ? 'If this wasn’t you, undo the change. Your account will use this email address again, and all devices will be signed out.'
          : 'If this wasn’t you, let us know right away. You can’t recover the account with this email address yourself.',
      ],
      ...(expiresAt && {
        button: 'Undo the change',
        afterwards: [`This link expires on ${expiresAt} and can be used once.`],
      }),
    }),
    'email-change-undone': ({ product, changedAt }) => ({
      subject: `Your ${product} account uses its previous email address again`,
      paragraphs: [
        `On ${changedAt}, the change to this email address was undone from the previous one. The account’s password was disabled, and all its sessions were ended.`,
        'If you didn’t expect this, let us know.',
      ],
    }),
    'password-changed': ({ product, changedAt }) => ({
      subject: `Your password for ${product} was changed`,
      paragraphs: [`Your password was changed on ${changedAt}.`, notMe],
    }),
    'password-removed': ({ product, removedAt }) => ({
      subject: `Your password for ${product} was removed`,
      paragraphs: [
        `The password of your account was removed on ${removedAt}, and all other devices were signed out. You now sign in with a passkey.`,
        notMe,
      ],
    }),
    'factor-added': ({ product, addedAt }) => ({
      subject: `A second factor was added to your ${product} account`,
      paragraphs: [
        `An authenticator app was added to your account on ${addedAt}. You need a code from it whenever you sign in.`,
        'You were signed out on all other devices. Keep your recovery codes in a safe place: they are your way in if you lose the app.',
        notMe,
      ],
    }),
    'factor-removed': ({ product, removedAt }) => ({
      subject: `The second factor of your ${product} account was removed`,
      paragraphs: [
        `The authenticator app of your account was removed on ${removedAt}. Your recovery codes no longer work, and you can sign in with your password alone.`,
        notMe,
      ],
    }),
    'recovery-code-used': ({ product, usedAt, left }) => ({
      subject: `A recovery code was used for ${product}`,
      paragraphs: [
        `A recovery code of your account was used on ${usedAt}.`,
        left === 0
          ? 'It was your last one. Create new recovery codes now.'
          : left === 1
            ? 'You have one recovery code left. Create new ones soon.'
            : `You have ${left} recovery codes left.`,
        notMe,
      ],
    }),
    'recovery-codes-replaced': ({ product, replacedAt }) => ({
      subject: `Your recovery codes for ${product} were replaced`,
      paragraphs: [
        `New recovery codes were created for your account on ${replacedAt}. The old ones no longer work, and you were signed out on all other devices.`,
        notMe,
      ],
    }),
    'password-known': ({ product }) => ({
      subject: `Somebody may know your password for ${product}`,
      paragraphs: [
        'Somebody entered your correct password, and then several wrong codes. They couldn’t sign in, because they don’t have your second factor.',
        `If this was you, you can ignore this email. ${notMe}`,
      ],
    }),
    'username-changed': ({ product, changedAt }) => ({
      subject: `Your username for ${product} was changed`,
      paragraphs: [`The username that you sign in with was changed on ${changedAt}.`, notMe],
    }),
    'new-sign-in': ({ product, device, ip, signedInAt }) => ({
      subject: `New sign-in to ${product}`,
      paragraphs: [
        'Your account was signed in to from a device that we haven’t seen before:',
        `${device}${ip ? `, ${ip}` : ''}, on ${signedInAt}.`,
        `If this was you, you can ignore this email. ${notMe}`,
      ],
      button: 'See where you are signed in',
    }),
    'session-replayed': ({ product, device, ip, endedAt }) => ({
      subject: `We ended one of your ${product} sessions`,
      paragraphs: [
        'One of your sessions was used from two places at once. Somebody may have copied it, so we ended it:',
        `${device}${ip ? `, last seen at ${ip}` : ''}, on ${endedAt}.`,
        'You can sign in again on that device. If you see any sessions that you don’t recognize, end them and choose a new password.',
      ],
      button: 'See where you are signed in',
    }),
    ...passkeyTextsEn,
    'passkey-removed': ({ product, authenticator, removedAt }) => ({
      subject: `A passkey was removed from your ${product} account`,
      paragraphs: [
        `A passkey${authenticator ? ` (${authenticator})` : ''} was removed from your account on ${removedAt}, and all other devices were signed out.`,
        notMe,
      ],
    }),
    'identity-linked': ({ product, provider, linkedAt }) => ({
      subject: `A new way to sign in was added to your ${product} account`,
      paragraphs: [
        `An account at ${provider} was connected to your account on ${linkedAt}. It can be used to sign in.`,
        'If this wasn’t you, remove it in your account and end all other sessions, reset your password, and let us know.',
      ],
    }),
    'identity-unlinked': ({ product, provider, unlinkedAt }) => ({
      subject: `A way to sign in was removed from your ${product} account`,
      paragraphs: [
        `An account at ${provider} was disconnected from your account on ${unlinkedAt}. It can no longer be used to sign in.`,
        notMe,
      ],
    }),
    ...apiKeyTexts,
    'account-deactivated': ({ product }) => ({
      subject: `Your ${product} account was deactivated`,
      paragraphs: [
        'An admin deactivated your account. You can’t sign in until it is activated again.',
        'If you think this is a mistake, contact us.',
      ],
    }),
    'account-deleted': ({ product, erasedAt }) => ({
      subject: `Your ${product} account was deleted`,
      paragraphs: [
        `Your account was deleted. The data that we store about you will be erased on ${erasedAt}.`,
        'If this wasn’t you, or if you have changed your mind, contact us before then.',
      ],
    }),
    ...webhookTextsEn,
    'registration-attempt': ({ product }) => ({
      subject: `You already have a ${product} account`,
      paragraphs: [
        `Somebody tried to use this email address for another ${product} account, but it already belongs to yours.`,
        'If this was you, sign in instead. If you don’t remember your password, use “Forgot password” on the sign-in page. If this wasn’t you, you can ignore this email.',
      ],
    }),
    digest: ({ product, changes }) => ({
      subject: `More changes to your ${product} account`,
      paragraphs: [
        changes === 1
          ? 'There was one more change to your account since our last message.'
          : `There were ${changes} more changes to your account since our last message.`,
        'There were too many changes in a short time to send a message about each one. Your recent activity lists them all.',
        notMe,
      ],
    }),
  },
};
