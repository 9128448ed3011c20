import type { KeyObject } from 'node:crypto';
import { deriveKey } from '../../keys/derived-keys.js';
import { macOf } from '../../keys/mac.js';

/** Derives the keys of counters: a MAC, cut to 128 bits, so that counters reveal no IP addresses or accounts. */
export class CounterKeys {
  private readonly key: KeyObject;

  constructor(secretKey: string) {
    this.key = deriveKey(secretKey, 'astra rate limit v1');
  }

  /**
   * Returns the key of a subject.
   *
   * @param kind - Separates equal texts of different kinds.
   */
  of(kind: string, text: string): Buffer {
    return macOf(`${kind}\0${text}`, this.key).subarray(0, 16);
  }
}
