import type { PageTexts, StateText } from '../page-texts.js';

const incomplete: StateText = {
  title: 'This link is not complete',
  paragraphs: ['Open it from the message once more, or copy all of it.'],
};
const deadLink = 'This link no longer works';
const whyDead = 'It was used already, it is too old, or a newer one was sent to you.';

export const en: PageTexts = {
  tag: 'en',
  noScript: 'This page needs JavaScript. Please turn it on and load the page again.',
  email: 'Email address',
  sendAgain: 'Send me a new link',
  newPassword: 'New password',
  showPassword: 'Show password',
  passwordRules: {
    classic: [
      'At least 8 characters',
      'Upper- and lower-case letters, and a digit',
      'Not a common password, your username or your email address',
    ],
    nist: [
      'At least 15 characters, such as a few words',
      'Not a common password, your username or your email address',
    ],
  },
  tooManyTries: 'There were too many tries. Please try again {when}.',
  away: 'That did not work: the service could not be reached. Please try again {when}.',
  shortly: 'in a moment',
  inputErrors: {},
  registration: 'This email address was given for the account “{username}”, created on {when}.',
  pages: (product) => ({
    'verify-email': {
      ready: {
        title: 'Confirm your email address',
        paragraphs: [`Press the button to confirm that you want to use this address for ${product}.`],
        button: 'Confirm email address',
        notMine:
          'If you do not recognize this account, do not confirm it: somebody else created it and knows its password.',
        disown: "I didn't create this account",
      },
      outcomes: {
        done: {
          title: 'Your email address is confirmed',
          paragraphs: ['Thank you. You can close this page.'],
        },
        disowned: {
          title: 'The account was removed',
          paragraphs: [
            `It can no longer use your email address. To have an account at ${product}, create your own. You can close this page.`,
          ],
        },
        'username-taken': {
          title: 'This username was taken in the meantime',
          paragraphs: ['Please create your account again, with another username.'],
        },
        'email-taken': {
          title: 'This email address already has an account',
          paragraphs: ['Sign in to it, by “Forgot password” if need be.'],
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'If you have confirmed your address already, there is nothing left to do. Otherwise have a new link sent to you.',
          ],
        },
        sent: {
          title: 'Look into your mailbox',
          paragraphs: [
            'If this address is still to be confirmed, a message with a new link is on its way to it.',
            'Nothing there in a few minutes? It may be among the spam.',
          ],
        },
      },
    },
    'reset-password': {
      ready: {
        title: 'Choose a new password',
        paragraphs: [`For your account at ${product}. You will be signed out everywhere.`],
        button: 'Save password',
      },
      outcomes: {
        done: {
          title: 'Your new password is saved',
          paragraphs: ['Sign in with it from now on. You can close this page.'],
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'If you have just saved a password, sign in with it. Otherwise have a new link sent to you.',
          ],
        },
        sent: {
          title: 'Look into your mailbox',
          paragraphs: [
            'If there is an account with this address, a message with a new link is on its way to it.',
            'Nothing there in a few minutes? It may be among the spam.',
          ],
        },
      },
    },
    'confirm-email': {
      ready: {
        title: 'Confirm your new email address',
        paragraphs: [`Press the button, and your account at ${product} uses this address from now on.`],
        button: 'Use this address',
      },
      outcomes: {
        done: {
          title: 'Your email address was changed',
          paragraphs: [`Your account at ${product} now uses the new one. You can close this page.`],
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'If you have confirmed the new address already, there is nothing left to do. Otherwise sign in and change your address again.',
          ],
        },
        'email-taken': {
          title: 'This address belongs to another account',
          paragraphs: [
            'So yours keeps the address that it has. To use a third one, sign in and change your address again.',
          ],
        },
      },
    },
    'undo-email-change': {
      ready: {
        title: 'Undo the change of your email address',
        paragraphs: [
          `Press the button, and your account at ${product} uses this address again. Everyone is signed out, and you get a message to choose a new password.`,
        ],
        button: 'Undo the change',
      },
      outcomes: {
        done: {
          title: 'Your former email address is back',
          paragraphs: ['Look into your mailbox: with the link in the message you choose a new password.'],
        },
        incomplete,
        'invalid-token': { title: deadLink, paragraphs: [whyDead] },
        'email-taken': {
          title: 'This email address belongs to another account',
          paragraphs: ['Let us know, so that we can help.'],
        },
      },
    },
  }),
};
