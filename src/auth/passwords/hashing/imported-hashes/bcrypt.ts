import { verify } from '@node-rs/bcrypt';
import { createHash, createHmac } from 'node:crypto';
import type { BytesMatcher, HashReader } from './hash-reader.js';

const MAX_COST = 14; // about a second

/** Reads plain bcrypt, and bcrypt over a digest: Django's `bcrypt_sha256` and Passlib's `bcrypt-sha256`. */
export const readBcrypt: HashReader = (stored) =>
  readPlain(stored) ?? readDjango(stored) ?? readPasslib(stored);

/**
 * bcrypt uses the first 72 bytes of a password, and so does this reader: users whose longer password was hashed
 * elsewhere can still sign in. The hash that replaces it at that sign-in covers every byte.
 */
function readPlain(stored: string): BytesMatcher | null {
  const fields = /^(?:bcrypt\$)?(\$2([abxy])\$(\d\d)\$[A-Za-z0-9./]{53})$/.exec(stored);
  if (!fields || !isAffordable(fields[3])) return null;
  const [, hash, version] = fields;
  if (version !== 'x') return (password) => verify(password, hash);
  return (password) => verify(signExtendedKey(password), hash.replace('$2x$', '$2b$'));
}

/** `bcrypt_sha256$$2b$…`: over the SHA-256 of the password in hex, so that bytes beyond 72 count. */
function readDjango(stored: string): BytesMatcher | null {
  const fields = /^bcrypt_sha256\$(\$2[aby]\$(\d\d)\$[A-Za-z0-9./]{53})$/.exec(stored);
  if (!fields || !isAffordable(fields[2])) return null;
  return (password) => verify(createHash('sha256').update(password).digest('hex'), fields[1]);
}

/** `$bcrypt-sha256$v=2,t=2b,r=12$<salt>$<checksum>`: over an HMAC of the password with the salt as its key. */
function readPasslib(stored: string): BytesMatcher | null {
  const fields = /^\$bcrypt-sha256\$v=2,t=2b,r=(\d\d?)\$([A-Za-z0-9./]{22})\$([A-Za-z0-9./]{31})$/.exec(
    stored,
  );
  if (!fields) return null;
  const [, cost, salt, checksum] = fields;
  const rounds = cost.padStart(2, '0');
  if (!isAffordable(rounds)) return null;
  const hash = `$2b$${rounds}$${salt}${checksum}`;
  return (password) => verify(createHmac('sha256', salt).update(password).digest('base64'), hash);
}

function isAffordable(cost: string): boolean {
  return Number(cost) >= 4 && Number(cost) <= MAX_COST;
}

/**
 * Returns the key that crypt_blowfish before 1.1 derived from a password (CVE-2011-2483): it read bytes above 0x7f as
 * negative numbers, whose sign overwrote the preceding bytes of their word. For ASCII the key is the usual one.
 *
 * bcrypt reads 18 words cyclically from the password and its NUL; written out as 72 bytes they are the key itself.
 */
export function signExtendedKey(password: Buffer): Buffer {
  const text = Buffer.concat([password, Buffer.of(0)]);
  const key = Buffer.alloc(72);
  for (let word = 0; word < 18; word++) {
    let bits = 0;
    for (let byte = 0; byte < 4; byte++) bits = (bits << 8) | text.readInt8((word * 4 + byte) % text.length);
    key.writeInt32BE(bits, word * 4);
  }
  return key;
}
