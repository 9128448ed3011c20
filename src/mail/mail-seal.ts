import { Injectable } from '@nestjs/common';
import { deriveKeys, type Keys } from '../keys/derived-keys.js';
import { seal, unseal } from '../keys/seal.js';
import { AuthSettings } from '../settings/auth-settings.js';

/**
 * Encrypts the data of messages that wait in the database, because their links are equivalent to passwords and a copy
 * of the database must not open accounts.
 */
@Injectable()
export class MailSeal {
  private readonly keys: Keys;

  constructor(settings: AuthSettings) {
    this.keys = deriveKeys(settings, 'astra mail job v1');
  }

  /**
   * Encrypts data.
   *
   * @param label - Context that must match for decryption.
   */
  seal(data: object, label: string): string {
    return seal(JSON.stringify(data), label, this.keys);
  }

  /**
   * Decrypts data; fields whose names end in `At` become dates.
   *
   * @returns `null` if it was not encrypted by this installation for this label.
   */
  open(sealed: string, label: string): Record<string, unknown> | null {
    const json = unseal(sealed, label, this.keys);
    return json === null ? null : (JSON.parse(json, revive) as Record<string, unknown>);
  }
}

/** Restores dates, which JSON contains as text. */
function revive(name: string, value: unknown): unknown {
  return name.endsWith('At') && typeof value === 'string' ? new Date(value) : value;
}
