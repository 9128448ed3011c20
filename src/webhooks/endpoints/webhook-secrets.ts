import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { deriveKeys, type Keys } from '../../keys/derived-keys.js';
import { reseal, seal, sealedBy, unseal } from '../../keys/seal.js';
import { AuthSettings } from '../../settings/auth-settings.js';

/** Bytes of a secret. Standard Webhooks allows 24 to 64. */
const BYTES = 32;
const PREFIX = 'whsec_';

/** Creates the secrets of webhooks, and encrypts them: a copy of the database must not be able to sign. */
@Injectable()
export class WebhookSecrets {
  private readonly keys: Keys;

  constructor(
    settings: AuthSettings,
    @InjectDataSource() private readonly db: DataSource,
  ) {
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
   * Decrypts the secrets with which a webhook signs, the current one first. Those that were encrypted with a previous secret
   * key are encrypted again in passing.
   *
   * @returns their bytes; `null` if one of them was not encrypted for this webhook with the secret key of the installation,
   *   or a previous one.
   */
  async open(sealed: readonly string[], webhookId: string): Promise<Buffer[] | null> {
    const secrets = sealed.map((one) => unseal(one, webhookId, this.keys));
    if (!secrets.every((secret) => secret !== null)) return null;
    for (const one of sealed) await this.renew(one, webhookId);
    return secrets.map((secret) => Buffer.from(secret.slice(PREFIX.length), 'base64'));
  }

  /** Finds the secret key with which a secret was encrypted. */
  keyOf(sealed: string, webhookId: string): 'present' | 'previous' | 'none' {
    return sealedBy(sealed, webhookId, this.keys);
  }

  /** Encrypts a secret with the present secret key, unless it is, or was replaced meanwhile. */
  private async renew(sealed: string, webhookId: string): Promise<void> {
    const renewed = reseal(sealed, webhookId, this.keys);
    if (renewed === null) return;
    for (const column of ['secret_sealed', 'previous_secret_sealed'])
      await this.db.query(`UPDATE auth_webhooks SET ${column} = $3 WHERE id = $1 AND ${column} = $2`, [
        ...[webhookId, sealed, renewed],
      ]);
  }
}
