/**
 * Tokens of API keys: `astra_pat_` for a person, `astra_svc_` for a service account, 30 random letters of base62, and a checksum
 * of six. The form is GitHub's: underscores let a double-click select all of it, the prefix and the checksum let secret
 * scanners find it in source code without asking anybody, and the server refuses garbage without a query.
 */
import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** Number of random letters, which have 178 bits. */
const RANDOM_LETTERS = 30;
const CHECKSUM_LETTERS = 6;

/** Owner of a key: a person (`pat`, a personal access token) or a service account (`svc`). */
export type ApiKeyOwner = 'pat' | 'svc';

const SHAPE = new RegExp(`^_(?:pat|svc)_([0-9A-Za-z]{${RANDOM_LETTERS}})([0-9A-Za-z]{${CHECKSUM_LETTERS}})$`);

/** Creates a token, which is shown once. Only its hash is stored. */
export function newApiKeyToken(prefix: string, owner: ApiKeyOwner): string {
  const random = Array.from({ length: RANDOM_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return `${prefix}_${owner}_${random}${checksumOf(random)}`;
}

/** Returns whether text claims to be the token of an API key, and so is no access token. */
export function claimsToBeApiKey(text: string, prefix: string): boolean {
  return text.startsWith(prefix) && text.charCodeAt(prefix.length) === 95; // "_"
}

/**
 * Returns the hash under which a token is stored.
 *
 * @returns `null` if it has another form or a wrong checksum, so that it cannot have been issued.
 */
export function hashOfApiKey(token: string, prefix: string): Buffer | null {
  if (!token.startsWith(prefix)) return null;
  const [, random, checksum] = SHAPE.exec(token.slice(prefix.length)) ?? [];
  return random && checksumOf(random) === checksum ? hash('sha256', token, 'buffer') : null;
}

/** Returns the CRC32 of the random letters in base62, padded with zeros. */
function checksumOf(random: string): string {
  let rest = crc32(random);
  let letters = '';
  for (let i = 0; i < CHECKSUM_LETTERS; i++) {
    letters = LETTERS[rest % LETTERS.length] + letters;
    rest = Math.floor(rest / LETTERS.length);
  }
  return letters;
}
