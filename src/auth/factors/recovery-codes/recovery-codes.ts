import { randomBytes } from 'node:crypto';

/** Base32 of Crockford, without letters that look like digits or each other. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 10;

/** Number of codes that a user gets. */
export const RECOVERY_CODES = 10;

/** Creates a code of 50 random bits, such as `3k7qd-x0fzm`. */
export function newRecoveryCode(): string {
  const letters = Array.from(randomBytes(LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join('');
  return `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`;
}

/** Returns a code as it is hashed: in lowercase, without blanks and hyphens, with confusable letters replaced. */
export function canonicalRecoveryCode(code: string): string {
  return code.toLowerCase().replace(/[ -]/g, '').replace(/[il]/g, '1').replace(/o/g, '0').replace(/u/g, 'v');
}
