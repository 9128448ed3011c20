import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { type AssuranceLevel, factorsOf } from '../../access/sign-in-methods.js';
import type { RoleName } from '../../settings/roles-option.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import {
  ACCESS_TOKEN_TYPE,
  type AccessClaims,
  CLIENT_ID,
  kidOf,
  readAccessToken,
} from './access-token-claims.js';
import { Keyring } from './keys/keyring.js';
import type { SigningKey } from './keys/signing-key.js';

/** Input for a new access token. */
export interface AccessGrant {
  userId: string;
  sessionId: string;
  /** Number of refreshes of the session. */
  sessionGeneration: number;
  role: RoleName;
  /** `accessGeneration` of the user, read together with the role. */
  accessGeneration: number;
  /** Proofs of the sign-in, such as `pwd` (RFC 8176). */
  methods: readonly string[];
  /** Seconds since that sign-in, or since its level was last verified again. Not negative. */
  proofAge: number;
  /** Lifetime in seconds: at most the remaining time of the session. */
  ttl: number;
}

/** Issues and verifies access tokens: JWTs according to RFC 9068. */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly settings: AuthSettings,
    private readonly keyring: Keyring,
    private readonly jwt: JwtService,
  ) {}

  /** Issues an access token with the current signing key. */
  issue(grant: AccessGrant): string {
    const { userId, sessionId, sessionGeneration, role, accessGeneration, methods, proofAge, ttl } = grant;
    const isTwoFactor = factorsOf(methods) === 2;
    const { issuer, audience } = this.settings;
    const key = this.keyring.signing();
    const header = { alg: key.algorithm, typ: ACCESS_TOKEN_TYPE, kid: key.kid };
    const now = Date.now() / 1000;
    const iat = Math.floor(now);
    const claims = {
      iss: issuer,
      aud: audience,
      client_id: CLIENT_ID,
      sub: userId,
      sid: sessionId,
      role,
      gen: accessGeneration,
      // By the clock of the other times, which may differ from that of the database.
      auth_time: Math.floor(now - proofAge),
      amr: isTwoFactor ? [...new Set([...methods, 'mfa'])] : methods,
      acr: (isTwoFactor ? 'aal2' : 'aal1') satisfies AssuranceLevel,
      jti: `${sessionGeneration}.${randomUUID()}`,
      iat,
      exp: iat + ttl,
    };
    if (key.algorithm === 'EdDSA') return signCompact(header, claims, key);
    // The typings accept only strings and buffers, but jsonwebtoken accepts a KeyObject, which saves parsing the key at
    // each call.
    return this.jwt.sign(claims, { secret: key.key as unknown as Buffer, algorithm: key.algorithm, header });
  }

  /** Changes when a key was removed, so that a token verified before may be invalid now. */
  get keyRemovals(): number {
    return this.keyring.removals;
  }

  /**
   * Verifies an access token. Looks for new keys if its key is unknown.
   *
   * @returns the claims, or `null` if it is not a valid access token of this service.
   */
  verify(token: string): AccessClaims | null {
    const claims = this.read(token);
    if (claims) return claims;
    const kid = kidOf(token);
    const isNewKey = kid !== undefined && !this.keyring.find(kid) && this.keyring.mayHaveBecomeKnown(kid);
    return isNewKey ? this.read(token) : null;
  }

  /** Verifies a token with the keys that are currently loaded. */
  private read(token: string): AccessClaims | null {
    const { issuer, audience } = this.settings;
    return readAccessToken(token, { issuer, audience, findKey: (kid) => this.keyring.find(kid) });
  }
}

/** Signs like jsonwebtoken, which does not support EdDSA (JWS compact serialization, RFC 7515, 7.1). */
function signCompact(header: object, claims: object, key: SigningKey): string {
  const data = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${data}.${key.sign(data)}`;
}
