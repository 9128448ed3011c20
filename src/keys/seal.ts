import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import type { Keys } from './derived-keys.js';

const CIPHER = 'aes-256-gcm';
const IV_LENGTH = 12;
const TAG_LENGTH = 16;

/**
 * Encrypts text: `base64url(iv ‖ ciphertext ‖ tag)` of AES-256-GCM (NIST SP 800-38D).
 *
 * @param label - Context of the text. Only {@link unseal} with the same label opens it.
 */
export function seal(text: string, label: string, [key]: Keys): string {
  const iv = randomBytes(IV_LENGTH);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(Buffer.from(label));
  return Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

/**
 * Decrypts text.
 *
 * @returns `null` if it was not encrypted for this label with one of the keys.
 */
export function unseal(sealed: string, label: string, keys: Keys): string | null {
  const bytes = Buffer.from(sealed, 'base64url');
  for (const key of keys) {
    try {
      return decrypt(bytes, label, key);
    } catch {
      // Not encrypted with this key.
    }
  }
  return null;
}

/** Finds the key with which text was encrypted: the present one, a previous one, or none of them. */
export function sealedBy(
  sealed: string,
  label: string,
  [present, ...previous]: Keys,
): 'present' | 'previous' | 'none' {
  if (unseal(sealed, label, [present]) !== null) return 'present';
  return previous.some((key) => unseal(sealed, label, [key]) !== null) ? 'previous' : 'none';
}

/**
 * Encrypts text again with the present key, so that the previous one can be removed.
 *
 * @returns `null` if it was not encrypted with a previous one.
 */
export function reseal(sealed: string, label: string, keys: Keys): string | null {
  if (sealedBy(sealed, label, keys) !== 'previous') return null;
  const text = unseal(sealed, label, keys);
  return text === null ? null : seal(text, label, keys);
}

/**
 * Decrypts with one key.
 *
 * @throws {Error} if the tag does not match.
 */
function decrypt(bytes: Buffer, label: string, key: KeyObject): string {
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_LENGTH), { authTagLength: TAG_LENGTH });
  decipher.setAAD(Buffer.from(label)).setAuthTag(bytes.subarray(-TAG_LENGTH));
  return decipher.update(bytes.subarray(IV_LENGTH, -TAG_LENGTH), undefined, 'utf8') + decipher.final('utf8');
}
