import { hash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { deriveKeys, type Keys } from '../../../keys/derived-keys.js';
import { isEqual, macOf } from '../../../keys/mac.js';
import { AuthSettings } from '../../../settings/auth-settings.js';
import { type SingleUse, UsedChallenges } from '../../one-time-tokens/used-challenges.js';

/** Lifetime of a challenge in seconds, unless its use has another. */
export const CHALLENGE_TTL = 5 * 60;

/** Bytes of a challenge: random, then the time of expiry in seconds since 1970, then a part of the MAC. */
const RANDOM = 12;
const BODY = RANDOM + 4;
const MAC = 16;

/** Purpose of a challenge, and its holder. */
export interface ChallengeUse {
  readonly purpose: 'login' | 'second' | 'register' | 'reauth' | 'link';
  /** Id of the session or the sign-in that it was issued to; omitted for `login`, as anybody may ask for it. */
  readonly holder?: string;
  /**
   * Lifetime in seconds. Default {@link CHALLENGE_TTL}. That of a sign-in is as long as the sign-in can continue, so that its
   * options never have to be renewed.
   */
  readonly ttl?: number;
}

/** Returns the lifetime of a challenge in seconds. */
export const ttlOf = ({ ttl = CHALLENGE_TTL }: ChallengeUse) => ttl;

/** Challenge that was issued by this service and has not expired. */
export type ValidChallenge = SingleUse;

/**
 * Challenges for passkeys: `base64url(random ‖ expiry ‖ MAC)`. Nothing is stored when one is issued, so that visitors of a
 * sign-in page leave no rows; a used one is stored until it expires.
 */
@Injectable()
export class Challenges {
  private readonly keys: Keys;

  constructor(
    private readonly used: UsedChallenges,
    settings: AuthSettings,
  ) {
    this.keys = deriveKeys(settings, 'astra passkey challenge v1');
  }

  /** Issues a challenge of 32 bytes, as base64url. */
  issue(use: ChallengeUse): string {
    // The random part keeps challenges of the same second apart.
    const body = Buffer.alloc(BODY, randomBytes(RANDOM));
    body.writeUInt32BE(Math.floor(Date.now() / 1000) + ttlOf(use), RANDOM);
    return Buffer.concat([body, tag(body, use, this.keys[0])]).toString('base64url');
  }

  /**
   * Verifies a challenge.
   *
   * @returns `null` if it was not issued for this use, or has expired. Whether it was used is decided by {@link use}.
   */
  check(challenge: string, use: ChallengeUse): ValidChallenge | null {
    const bytes = Buffer.from(challenge, 'base64url');
    // One spelling only: otherwise the hashes of two uses would differ.
    if (bytes.length !== BODY + MAC || bytes.toString('base64url') !== challenge) return null;
    const body = bytes.subarray(0, BODY);
    if (!this.keys.some((key) => isEqual(bytes.subarray(BODY), tag(body, use, key)))) return null;
    const expiresAt = new Date(body.readUInt32BE(RANDOM) * 1000);
    return expiresAt.getTime() > Date.now() ? { hash: hash('sha256', bytes, 'buffer'), expiresAt } : null;
  }

  /**
   * Uses a challenge up, in the transaction that acts on it.
   *
   * @returns whether this is its first use. One of several concurrent calls succeeds.
   */
  use(challenge: ValidChallenge, tx: EntityManager): Promise<boolean> {
    return this.used.use(challenge, tx);
  }
}

/**
 * Returns the MAC of a challenge. The purpose comes first, so that a challenge of one ceremony is never valid in another.
 */
function tag(body: Buffer, { purpose, holder = '' }: ChallengeUse, key: Keys[0]): Buffer {
  return macOf(Buffer.concat([Buffer.from(`${purpose}\0${holder}\0`), body]), key).subarray(0, MAC);
}
