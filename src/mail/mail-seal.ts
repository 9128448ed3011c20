import { Injectable } from '@nestjs/common';
import { deriveKeys, type Keys } from '../keys/derived-keys.js';
import { seal, unseal } from '../keys/seal.js';
import { AuthSettings } from '../settings/auth-settings.js';

/**
 * Seals what a message tells while it waits in the database, so that a copy of that opens nobody's account: its link
 * is as good as a password.
 */
@Injectable()
export class MailSeal {
  private readonly keys: Keys;

  constructor(settings: AuthSettings) {
    this.keys = deriveKeys(settings, 'astra mail job v1');
  }

  /** @param label - What it belongs to: it opens only together with that. */
  seal(data: object, label: string): string {
    return seal(JSON.stringify(data), label, this.keys);
  }

  /** @returns the data, with dates where names end in `At`, or `null` if it was not sealed here for this label. */
  open(sealed: string, label: string): Record<string, unknown> | null {
    const json = unseal(sealed, label, this.keys);
    return json === null ? null : (JSON.parse(json, revive) as Record<string, unknown>);
  }
}

function revive(name: string, value: unknown): unknown {
  return name.endsWith('At') && typeof value === 'string' ? new Date(value) : value;
}
