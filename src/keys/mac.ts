import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

/**
 * Returns the HMAC-SHA-256 of data, 32 bytes.
 *
 * @param key - A `KeyObject` on hot paths: Node prepares a string again at each call.
 */
export function macOf(data: string | Uint8Array, key: KeyObject | string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** Compares two values in constant time. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
