import type { KeyObject } from 'node:crypto';
import { deriveKey } from '../../keys/derived-keys.js';
import { macOf } from '../../keys/mac.js';

/**
 * Turns whom something is counted for into a key that names nobody: who reads the counters learns no IP address and no
 * account. A MAC, cut to 128 bits.
 */
export class CounterKeys {
  private readonly key: KeyObject;

  constructor(secretKey: string) {
    this.key = deriveKey(secretKey, 'astra rate limit v1');
  }

  /** @param kind - So that equal texts of different kinds have different keys. */
  of(kind: string, text: string): Buffer {
    return macOf(`${kind}\0${text}`, this.key).subarray(0, 16);
  }
}
