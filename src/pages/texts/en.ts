import type { PageTexts, StateText } from '../page-texts.js';
import { messages } from './messages.en.js';

const incomplete: StateText = {
  title: 'This link is incomplete',
  paragraphs: ['Open the link in the email again, or copy all of it.'],
};
const checkSpam = 'If you don’t see it within a few minutes, check your spam folder.';
const deadLink = 'This link no longer works';
const whyDead = 'It was already used, it has expired, or we sent you a newer one.';

export const en: PageTexts = {
  tag: 'en',
  noScript: 'This page needs JavaScript. Please turn it on and reload the page.',
  email: 'Email address',
  signIn: 'Sign in',
  sendAgain: 'Send a new link',
  newPassword: 'New password',
  showPassword: 'Show password',
  passwordRules: {
    classic: [
      'At least 8 characters',
      'An uppercase letter, a lowercase letter and a digit',
      'Not a common password, your username or your email address',
    ],
    nist: [
      'At least 15 characters, such as a few words',
      'Not a common password, your username or your email address',
    ],
  },
  tooManyTries: 'Too many attempts. Please try again {when}.',
  away: 'The service could not be reached. Please try again {when}.',
  shortly: 'in a moment',
  messages,
  registration: 'The account “{username}” was created with this email address on {when}.',
  pages: (product) => ({
    'verify-email': {
      ready: {
        title: 'Confirm your email address',
        paragraphs: [`Confirm that you want to use this email address for ${product}.`],
        button: 'Confirm email address',
        notMine:
          'If you don’t recognize this account, don’t confirm it: somebody else created it and knows its password.',
        disown: 'I didn’t create this account',
      },
      outcomes: {
        done: {
          title: 'Your email address is confirmed',
          paragraphs: ['Thank you. You can close this page.'],
          signIn: true,
        },
        disowned: {
          title: 'The account was removed',
          paragraphs: [
            `It can no longer use your email address. If you want a ${product} account, create your own. You can close this page.`,
          ],
        },
        'username-taken': {
          title: 'This username is no longer available',
          paragraphs: [
            'Somebody took it in the meantime. Please create your account again with another one.',
          ],
        },
        'email-taken': {
          title: 'This email address already has an account',
          paragraphs: ['Sign in to that account. If you don’t remember its password, use “Forgot password”.'],
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'If you have already confirmed your email address, you are all set. If not, send yourself a new link.',
          ],
        },
        sent: {
          title: 'Check your inbox',
          paragraphs: [
            'If this email address still needs to be confirmed, we have sent you an email with a new link.',
            checkSpam,
          ],
        },
      },
    },
    'reset-password': {
      ready: {
        title: 'Choose a new password',
        paragraphs: [
          `This is the new password for your ${product} account. Saving it signs you out on all devices.`,
        ],
        button: 'Save password',
      },
      outcomes: {
        done: {
          title: 'Your new password is saved',
          paragraphs: ['You can now sign in with it. You can close this page.'],
          signIn: true,
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'If you have just saved a new password, sign in with it. If not, send yourself a new link.',
          ],
        },
        sent: {
          title: 'Check your inbox',
          paragraphs: [
            'If there is an account with this email address, we have sent it an email with a new link.',
            checkSpam,
          ],
        },
      },
    },
    'confirm-email': {
      ready: {
        title: 'Confirm your new email address',
        paragraphs: [`Confirm that you want to use this email address for your ${product} account.`],
        button: 'Use this email address',
      },
      outcomes: {
        done: {
          title: 'Your email address was changed',
          paragraphs: [`Your ${product} account now uses the new email address. You can close this page.`],
        },
        incomplete,
        'invalid-token': {
          title: deadLink,
          paragraphs: [
            whyDead,
            'If you have already confirmed the new email address, you are all set. If not, sign in and change your email address again.',
          ],
        },
        'email-taken': {
          title: 'This email address belongs to another account',
          paragraphs: [
            'Your account keeps its current email address. To use a different one, sign in and change your email address again.',
          ],
        },
      },
    },
    'undo-email-change': {
      ready: {
        title: 'Undo the change of your email address',
        paragraphs: [
          `Your ${product} account will use this email address again. All devices will be signed out, and we will send you an email to choose a new password.`,
        ],
        button: 'Undo the change',
      },
      outcomes: {
        done: {
          title: 'Your previous email address is back',
          paragraphs: ['Check your inbox: we have sent you a link to choose a new password.'],
        },
        incomplete,
        'invalid-token': { title: deadLink, paragraphs: [whyDead] },
        'email-taken': {
          title: 'This email address belongs to another account',
          paragraphs: ['Let us know so that we can help.'],
        },
      },
    },
  }),
};
