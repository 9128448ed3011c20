import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { deriveKeys, type Keys } from '../../keys/derived-keys.js';
import { seal, unseal } from '../../keys/seal.js';
import { AuthSettings } from '../../settings/auth-settings.js';

/** Bytes of a secret. Standard Webhooks allows 24 to 64. */
const BYTES = 32;
const PREFIX = 'whsec_';

/** Creates the secrets of webhooks, and encrypts them: a copy of the database must not be able to sign. */
@Injectable()
export class WebhookSecrets {
  private readonly keys: Keys;

  constructor(settings: AuthSettings) {
    this.keys = deriveKeys(settings, 'astra webhook secret v1');
  }

  /** Creates a secret in the form of Standard Webhooks: `whsec_` and base64. */
  create(): string {
    return PREFIX + randomBytes(BYTES).toString('base64');
  }

  /** Encrypts a secret for the webhook of this id. */
  seal(secret: string, webhookId: string): string {
    return seal(secret, webhookId, this.keys);
  }

  /**
   * Decrypts a secret.
   *
   * @returns its bytes; `null` if it was not encrypted for this webhook with the secret key of the installation, or a
   *   previous one.
   */
  open(sealed: string, webhookId: string): Buffer | null {
    const secret = unseal(sealed, webhookId, this.keys);
    return secret === null ? null : Buffer.from(secret.slice(PREFIX.length), 'base64');
  }
}
