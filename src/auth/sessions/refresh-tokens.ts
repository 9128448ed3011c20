import { createHmac, hkdfSync, type KeyObject, createSecretKey, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { parse, stringify } from 'uuid';
import { AuthSettings } from '../../settings/auth-settings.js';

const VERSION = 1;
const BODY_LENGTH = 1 + 16 + 4;
const MAC_LENGTH = 32;
/** base64url of 53 bytes, without padding. */
const TOKEN = /^[A-Za-z0-9_-]{71}$/;

/** What a refresh token says: it is the `generation`-th of its session. */
export interface RefreshClaim {
  sessionId: string;
  generation: number;
}

/**
 * Refresh tokens: `base64url(version ‖ session id ‖ generation ‖ HMAC-SHA-256)`.
 *
 * Nothing secret is stored: a token can be computed again, so that two clients which refresh at the same moment
 * get the same successor. Its key is derived (HKDF, RFC 5869) so that it is of no use for anything else.
 */
@Injectable()
export class RefreshTokens {
  private readonly key: KeyObject;

  constructor({ secretKey }: AuthSettings) {
    this.key = createSecretKey(Buffer.from(hkdfSync('sha256', secretKey, '', 'astra refresh token v1', 32)));
  }

  issue({ sessionId, generation }: RefreshClaim): string {
    const body = Buffer.alloc(BODY_LENGTH);
    body.writeUInt8(VERSION, 0);
    body.set(parse(sessionId), 1);
    body.writeUInt32BE(generation, 17);
    return Buffer.concat([body, this.mac(body)]).toString('base64url');
  }

  /** @returns what the token says, or `null` if it was not issued here. */
  read(token: string): RefreshClaim | null {
    if (!TOKEN.test(token)) return null;
    const bytes = Buffer.from(token, 'base64url');
    const body = bytes.subarray(0, BODY_LENGTH);
    // 71 letters hold two bits more than 53 bytes: only one of the four spellings is the token.
    if (bytes.toString('base64url') !== token) return null;
    if (!timingSafeEqual(bytes.subarray(BODY_LENGTH), this.mac(body)) || body.readUInt8(0) !== VERSION)
      return null;
    return { sessionId: stringify(body.subarray(1, 17)), generation: body.readUInt32BE(17) };
  }

  private mac(body: Buffer): Buffer {
    return createHmac('sha256', this.key).update(body).digest().subarray(0, MAC_LENGTH);
  }
}
