import { Injectable } from '@nestjs/common';
import { parse, stringify } from 'uuid';
import { deriveKeys, type Keys } from '../../keys/derived-keys.js';
import { isEqual, macOf } from '../../keys/mac.js';
import { AuthSettings } from '../../settings/auth-settings.js';

const VERSION = 1;
/** Bytes before the MAC: version, session id and generation. */
const BODY_LENGTH = 1 + 16 + 4;
/** base64url of 53 bytes, without padding. */
const TOKEN = /^[A-Za-z0-9_-]{71}$/;
const TOKEN_LENGTH = 71;

/** Content of a refresh token: the number of its generation within a session. */
export interface RefreshClaim {
  sessionId: string;
  generation: number;
}

/**
 * Issues and reads refresh tokens: `base64url(version ‖ session id ‖ generation ‖ HMAC-SHA-256)`.
 *
 * Nothing secret is stored. A token can be computed again, so two clients that refresh at the same moment get the same
 * successor. Its key is derived for this purpose only.
 */
@Injectable()
export class RefreshTokens {
  private readonly keys: Keys;

  constructor(settings: AuthSettings) {
    this.keys = deriveKeys(settings, 'astra refresh token v1');
  }

  /** Issues the token of a generation. The same input always yields the same token. */
  issue({ sessionId, generation }: RefreshClaim): string {
    const body = Buffer.alloc(BODY_LENGTH);
    body.writeUInt8(VERSION, 0);
    body.set(parse(sessionId), 1);
    body.writeUInt32BE(generation, 17);
    return Buffer.concat([body, macOf(body, this.keys[0])]).toString('base64url');
  }

  /**
   * Verifies and parses a token.
   *
   * @returns `null` if it was not issued by this service.
   */
  read(token: string): RefreshClaim | null {
    if (token.length !== TOKEN_LENGTH || !TOKEN.test(token)) return null;
    const bytes = Buffer.from(token, 'base64url');
    const body = bytes.subarray(0, BODY_LENGTH);
    // 71 characters encode two bits more than 53 bytes; only one of the four spellings is valid.
    if (bytes.toString('base64url') !== token) return null;
    const given = bytes.subarray(BODY_LENGTH);
    const isOurs = this.keys.some((key) => isEqual(given, macOf(body, key)));
    if (!isOurs || body.readUInt8(0) !== VERSION) return null;
    return { sessionId: stringify(body.subarray(1, 17)), generation: body.readUInt32BE(17) };
  }
}
