import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

/**
 * Returns the HMAC-SHA-256 of data, 32 bytes.
 *
 * @param key - A `KeyObject` on hot paths: Node prepares a string again at each call.
 */
export function macOf(data: string | Uint8Array, key: KeyObject | string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** Returns the HMAC-SHA-1 of data, 20 bytes. Only for codes of authenticator apps, most of which support no other. */
export function sha1MacOf(data: Uint8Array, key: Uint8Array): Buffer {
  return createHmac('sha1', key).update(data).digest();
}

/** Compares two values in constant time. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
