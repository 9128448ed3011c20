import type { MailTexts } from '../../../settings/mail/mail-language.js';

/** Messages about API keys in English. */
export const apiKeyTexts: Pick<MailTexts, 'api-key-created' | 'api-key-expires'> = {
  'api-key-created': ({ product, scopes, createdAt, expiresAt }) => ({
    subject: `An API key was created for your ${product} account`,
    paragraphs: [
      `An API key was created for your account on ${createdAt}. It lets programs use your account until ${expiresAt}. Its scopes are: ${scopes}.`,
      'If this wasn’t you, revoke it in your account, reset your password, and let us know.',
    ],
  }),
  'api-key-expires': ({ product, hint, expiresAt }) => ({
    subject: `An API key of your ${product} account expires soon`,
    paragraphs: [
      `The API key that ends in “${hint}” expires on ${expiresAt}. Programs that use it will be refused from then on.`,
      'If you still need it, create a new key, and replace the old one in your programs.',
    ],
  }),
};
