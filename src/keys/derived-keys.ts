import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** Secrets of an installation, each of at least 32 random bytes. */
export interface Secrets {
  readonly secretKey: string;
  /** Previous values of `secretKey`. */
  readonly previousSecretKeys: readonly string[];
}

/** Keys for one purpose. The current one signs and encrypts; all of them verify and decrypt. */
export type Keys = readonly [present: KeyObject, ...previous: KeyObject[]];

/** Derives the keys for one purpose from all secrets. See {@link deriveKey}. */
export function deriveKeys({ secretKey, previousSecretKeys }: Secrets, purpose: string): Keys {
  return [deriveKey(secretKey, purpose), ...previousSecretKeys.map((secret) => deriveKey(secret, purpose))];
}

/**
 * Derives a key of 256 bits from a secret.
 *
 * @param purpose - Purpose of the key. A key is useless for any other purpose and reveals nothing about the secret.
 *   Never change a purpose, because existing data could no longer be verified or decrypted.
 */
export function deriveKey(secret: string, purpose: string): KeyObject {
  return createSecretKey(deriveBytes(secret, purpose, 32));
}

/** Derives bytes, which may become public, from a secret: HKDF-SHA-256 without a salt (RFC 5869). */
export function deriveBytes(secret: string, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, length));
}
