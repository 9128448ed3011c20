/** Keys published in the documentation of FastAPI and jwt.io. */
const publishedKeys = [
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  'a-string-secret-at-least-256-bits-long',
];

/** Words of placeholders, compared without punctuation and case. */
const placeholders =
  /change(me|this|it)|replace(me|this)|your\w*secret|secretkeyhere|supersecret|example|placeholder|insecure/;

/** Returns whether a secret is a published example or a placeholder. */
export function isExampleSecret(secret: string): boolean {
  const words = secret.toLowerCase().replace(/[^a-z0-9]/g, '');
  return publishedKeys.includes(secret) || placeholders.test(words);
}

/**
 * Returns whether a secret is an example, or so regular that a program can guess it: repetitive, or with few distinct
 * characters.
 */
export function isGuessableSecret(secret: string): boolean {
  const repeats = /^(.{1,16}?)\1+.{0,15}$/s.test(secret);
  return isExampleSecret(secret) || repeats || new Set(secret).size < 6;
}

/** Warning about a guessable secret. */
export const GUESSABLE_SECRET =
  'A secret key is an example or repeats itself, so tokens of this application can be forged. Before others reach it, use one from a random generator (openssl rand -base64 32).';
