import type { Messages } from '../page-texts.js';

/** Messages of the API in English: where a page can say more than the API, or has to say it in another way. */
export const messages: Messages = {
  fields: {},
  problems: {
    'invalid-credentials':
      'The username or the password is incorrect. If you don’t remember them, use “Forgot password”.',
    'invalid-proof': 'This code is incorrect, or was already used. Try again with a new one.',
    'invalid-password': 'The password is incorrect.',
    'invalid-sign-in':
      'This sign-in took too long, or there were too many wrong codes. Please sign in again.',
    'invalid-token': 'You are no longer signed in. Please sign in again.',
    'inactive-user': 'This account was deactivated. Please contact us.',
    'invalid-passkey': 'This passkey could not be used. Try again, or choose another way.',
    'unknown-passkey': 'This passkey no longer belongs to an account here. Sign in another way.',
    'no-passkeys': 'This browser has no passkeys. Use another browser or device.',
    'passkey-exists': 'This passkey belongs to an account already.',
    'challenge-expired': 'This took too long. Please try again.',
    'last-sign-in-method': 'This is your only way to sign in. Add another passkey first.',
    'last-admin': 'This is the only active admin. Make somebody else an admin first.',
    'factor-required-by-role':
      'Your role requires a second factor. Add another one before you remove this one.',
    'access-denied': 'You cancelled the sign-in, or this account cannot be used here.',
    'other-identity':
      'This is not the account that you have connected, or you did not sign in there again. Try again, or choose another way.',
    'identity-taken': 'This account is already connected to another user.',
    'provider-unavailable': 'The provider cannot be reached at the moment. Try again, or choose another way.',
    'registration-closed': 'There is no account for you here, and you cannot create one yourself.',
    'username-taken': 'This username is taken. Choose another one.',
    'email-taken': 'An account with this email address exists already.',
    'own-email-taken':
      'An account with this email address exists already. Sign in instead, or reset its password.',
  },
};
