import type { MailLanguage } from '../mail-data.js';

const notMe =
  'Was it not you? Then choose a new password at once, by “Forgot password” on the sign-in page, and tell us.';

/** Mail in English, the default. */
export const en: MailLanguage = {
  tag: 'en-GB',
  greeting: 'Hello,',
  linkHint: 'If the button does not work, open this address:',
  footer: (product) => `${product} sent this message by itself. Nobody reads answers to it.`,
  texts: {
    'verify-email': ({ product, expiresAt, username, registeredAt, origin }) => ({
      subject: `Confirm your email address for ${product}`,
      paragraphs: [
        ...(username && registeredAt
          ? [
              `This email address was given for the account “${username}”, created on ${registeredAt}${origin ? ` (${origin})` : ''}.`,
            ]
          : []),
        'If you created this account, please confirm that this is your email address.',
      ],
      button: 'Confirm email address',
      afterwards: [
        `The link works once, until ${expiresAt}.`,
        `If you didn't create this account, don't confirm it: somebody else knows its password. Open the link and choose “I didn't create this account”, or ignore this email.`,
      ],
    }),
    'reset-password': ({ product, expiresAt }) => ({
      subject: `Choose a new password for ${product}`,
      paragraphs: ['With this link you choose a new password. You will be signed out everywhere.'],
      button: 'Choose a new password',
      afterwards: [
        `The link works once, until ${expiresAt}.`,
        'You did not ask for it? Then do nothing: your password stays as it is.',
      ],
    }),
    'password-ended': ({ product, expiresAt }) => ({
      subject: `Your password for ${product} no longer works`,
      paragraphs: [
        'To protect your account, your password was ended and you were signed out everywhere.',
        'Choose a new password to sign in again. Use one that you have never used before.',
      ],
      button: 'Choose a new password',
      afterwards: [
        `The link works once, until ${expiresAt}.`,
        'If it has expired, use “Forgot password” on the sign-in page.',
      ],
    }),
    'set-password': ({ product, username, expiresAt }) => ({
      subject: `Set a password for your account at ${product}`,
      paragraphs: [
        `Your account at ${product} has no password. Your username is ${username}.`,
        'Choose a password to sign in.',
      ],
      button: 'Choose a password',
      afterwards: [`The link works once, until ${expiresAt}.`],
    }),
    'confirm-email-change': ({ product, expiresAt }) => ({
      subject: `Confirm your new email address for ${product}`,
      paragraphs: [`Please confirm that your account at ${product} is to use this email address.`],
      button: 'Use this address',
      afterwards: [
        `The link works once, until ${expiresAt}.`,
        'You did not ask for it? Then do nothing: nothing changes.',
      ],
    }),
    'email-change-notice': ({ product, newEmail }) => ({
      subject: `Your email address at ${product} is about to change`,
      paragraphs: [
        `Somebody who is signed in to your account asked to use ${newEmail} instead of this address. Nothing changes until that is confirmed from there.`,
        notMe,
      ],
    }),
    'email-changed': ({ product, newEmail, changedAt, expiresAt }) => ({
      subject: `Your email address at ${product} was changed`,
      paragraphs: [
        `Since ${changedAt} your account uses ${newEmail}. This is the last message to this address.`,
        expiresAt
          ? 'If this wasn’t you, undo the change: your account uses this address again, and everyone is signed out.'
          : 'If this wasn’t you, let us know at once: with this address you cannot get back in by yourself.',
      ],
      ...(expiresAt && {
        button: 'Undo the change',
        afterwards: [`The link works once, until ${expiresAt}.`],
      }),
    }),
    'email-change-undone': ({ product, changedAt }) => ({
      subject: `Your account at ${product} uses its former email address again`,
      paragraphs: [
        `On ${changedAt} the owner of the former address undid the change to this one. The password and all sessions have ended.`,
        'If you did not expect this, let us know.',
      ],
    }),
    'password-changed': ({ product, changedAt }) => ({
      subject: `Your password at ${product} was changed`,
      paragraphs: [`Your password was changed on ${changedAt}.`, notMe],
    }),
    'username-changed': ({ product, changedAt }) => ({
      subject: `Your username at ${product} was changed`,
      paragraphs: [`The username that you sign in with was changed on ${changedAt}.`, notMe],
    }),
    'new-sign-in': ({ product, device, ip, signedInAt }) => ({
      subject: `New sign-in to ${product}`,
      paragraphs: [
        'Your account was signed in to from a device that we had not seen before.',
        `${device}${ip ? `, from ${ip}` : ''}, on ${signedInAt}.`,
        `Was it you? Then there is nothing to do. ${notMe}`,
      ],
    }),
    'session-replayed': ({ product, device, ip, endedAt }) => ({
      subject: `We signed you out of ${product} on one device`,
      paragraphs: [
        'One of your sessions was used from two places at once, so somebody may have copied it. We have ended it.',
        `${device}${ip ? `, last seen from ${ip}` : ''}, on ${endedAt}.`,
        'Sign in again there. If you see sessions that you do not know, end them and choose a new password.',
      ],
    }),
    'account-deactivated': ({ product }) => ({
      subject: `Your account at ${product} was deactivated`,
      paragraphs: [
        'An administrator has deactivated your account. You cannot sign in until it is activated again.',
        'You think that this is a mistake? Then write to us.',
      ],
    }),
    'account-deleted': ({ product, erasedAt }) => ({
      subject: `Your account at ${product} was deleted`,
      paragraphs: [
        `Your account was deleted. What we store of you will be erased on ${erasedAt}.`,
        'Was it not you, or have you changed your mind? Then write to us before that.',
      ],
    }),
    'registration-attempt': ({ product }) => ({
      subject: `You have an account at ${product} already`,
      paragraphs: [
        `Somebody wanted to use this email address for another account at ${product}, but it has one already.`,
        'Was it you? Then sign in, by “Forgot password” if need be. If not, there is nothing to do.',
      ],
    }),
    digest: ({ product, changes }) => ({
      subject: `More happened to your account at ${product}`,
      paragraphs: [
        changes === 1
          ? 'One more change happened to your account since our last message.'
          : `${changes} more changes happened to your account since our last message.`,
        'So many notices were due in a short time that we did not send each of them. You find them under your recent activity.',
        notMe,
      ],
    }),
  },
};
