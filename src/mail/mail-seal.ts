import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuthSettings } from '../settings/auth-settings.js';

const CIPHER = 'aes-256-gcm';
const IV_LENGTH = 12;
const TAG_LENGTH = 16;

/**
 * Seals what a message tells while it waits in the database, so that a copy of that opens nobody's account: its link
 * is as good as a password. `base64url(iv ‖ ciphertext ‖ tag)` of AES-256-GCM (NIST SP 800-38D), under a key derived
 * by HKDF (RFC 5869) that is of no use for anything else.
 */
@Injectable()
export class MailSeal {
  private readonly keys: readonly KeyObject[];

  constructor({ secretKey, previousSecretKeys }: AuthSettings) {
    this.keys = [secretKey, ...previousSecretKeys].map((secret) =>
      createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'astra mail job v1', 32))),
    );
  }

  /** @param label - What it belongs to: it opens only together with that. */
  seal(data: object, label: string): string {
    const iv = randomBytes(IV_LENGTH);
    const cipher = createCipheriv(CIPHER, this.keys[0], iv).setAAD(Buffer.from(label));
    const body = Buffer.concat([iv, cipher.update(JSON.stringify(data)), cipher.final()]);
    return Buffer.concat([body, cipher.getAuthTag()]).toString('base64url');
  }

  /** @returns the data, with dates where names end in `At`, or `null` if it was not sealed here for this label. */
  open(sealed: string, label: string): Record<string, unknown> | null {
    const bytes = Buffer.from(sealed, 'base64url');
    for (const key of this.keys) {
      try {
        const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_LENGTH), {
          authTagLength: TAG_LENGTH,
        });
        decipher.setAAD(Buffer.from(label)).setAuthTag(bytes.subarray(-TAG_LENGTH));
        const json =
          decipher.update(bytes.subarray(IV_LENGTH, -TAG_LENGTH), undefined, 'utf8') + decipher.final('utf8');
        return JSON.parse(json, revive) as Record<string, unknown>;
      } catch {
        // Not under this key.
      }
    }
    return null;
  }
}

function revive(name: string, value: unknown): unknown {
  return name.endsWith('At') && typeof value === 'string' ? new Date(value) : value;
}
