import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** The secrets of an installation, each of at least 32 random bytes. */
export interface Secrets {
  readonly secretKey: string;
  /** Former values of it. */
  readonly previousSecretKeys: readonly string[];
}

/** The keys of one purpose: the present one makes, all of them check. */
export type Keys = readonly [present: KeyObject, ...previous: KeyObject[]];

/** Derives the keys of one purpose from all secrets. See {@link deriveKey}. */
export function deriveKeys({ secretKey, previousSecretKeys }: Secrets, purpose: string): Keys {
  return [deriveKey(secretKey, purpose), ...previousSecretKeys.map((secret) => deriveKey(secret, purpose))];
}

/**
 * Derives a key of 256 bits from a secret.
 *
 * @param purpose - What the key is for. A key of one purpose is of no use for any other and reveals nothing of the
 *   secret. A purpose never changes: what was made with its key could no longer be checked.
 */
export function deriveKey(secret: string, purpose: string): KeyObject {
  return createSecretKey(deriveBytes(secret, purpose, 32));
}

/** Derives bytes that need not stay secret from a secret that must: HKDF-SHA-256 without a salt (RFC 5869). */
export function deriveBytes(secret: string, purpose: string, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', purpose, length));
}
