import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/**
 * Turns whom something is counted for into a key that names nobody: who reads the counters learns no address and no
 * account. HMAC-SHA-256, cut to 128 bits, under a key derived by HKDF (RFC 5869) that is of no use for anything else.
 */
export class CounterKeys {
  private readonly key: KeyObject;

  constructor(secretKey: string) {
    this.key = createSecretKey(Buffer.from(hkdfSync('sha256', secretKey, '', 'astra rate limit v1', 32)));
  }

  /** @param kind - So that equal texts of different kinds have different keys. */
  of(kind: string, text: string): Buffer {
    return createHmac('sha256', this.key).update(`${kind}\0${text}`).digest().subarray(0, 16);
  }
}
