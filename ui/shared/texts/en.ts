/** Texts of all applications, in English. */
export const shared = {
  skip: 'Skip to the content',
  signOut: 'Sign out',
  cancel: 'Cancel',
  save: 'Save',
  close: 'Close',
  loading: 'Loading …',
  noMore: 'No more entries',
  more: 'Show more',
  empty: 'There is nothing here yet.',
  noMatch: 'Nothing matches. Try fewer filters.',
  tryAgain: 'Try again',
  away: 'The service cannot be reached. What you entered is still here; try again in a moment.',
  failed: 'The service reported an error. Try again in a moment.',
  tooMany: (seconds: number) => `Too many requests. Try again in ${seconds} seconds.`,
  noRight: 'Your role does not permit this.',
  notFound: 'This does not exist (any more).',
  confirmTitle: 'Confirm that it’s you',
  confirmText: 'Before we do this, please confirm your identity once more.',
  password: 'Password',
  code: 'Code from your authenticator app',
  recoveryCode: 'Recovery code',
  emailCode: 'Code from the email',
  sendEmailCode: 'Send me a code by email',
  usePasskey: 'Use a passkey',
  useOther: 'Use something else',
  confirm: 'Confirm',
  noPasskey: 'No passkey was used. Try again, or use something else.',
  noProof: 'You have no second factor with which to confirm this. Add one to your account first.',
  copy: 'Copy',
  copied: 'Copied.',
  once: 'This is shown only once. Keep it in a safe place.',
  total: (count: number, isEstimate: boolean) =>
    `${isEstimate ? 'about ' : ''}${count.toLocaleString('en')} ${count === 1 ? 'entry' : 'entries'}`,
};

/** Texts that all applications need, in one language. */
export type SharedTexts = typeof shared;
