import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

/**
 * Authenticates data: HMAC-SHA-256, 32 bytes.
 *
 * @param key - Made once where many are authenticated: Node reads a string or a buffer anew at each call.
 */
export function macOf(data: string | Uint8Array, key: KeyObject | string): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** Whether two values are the same, in a time that does not tell where they differ. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
