import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { v7 as uuid, validate as isUuid } from 'uuid';
import type { Role } from '../../access/role.js';
import { AuthSettings } from '../../settings/auth-settings.js';

/** The media type of JWT access tokens (RFC 9068, 2.1), so that no other token of ours passes for one. */
const TYPE = 'at+jwt';
/** Seconds by which the clocks of two instances may differ. */
const CLOCK_SKEW = 30;

/** For whom an access token is issued. */
export interface AccessGrant {
  userId: string;
  sessionId: string;
  role: Role;
}

/** What a genuine access token says. Its role is left out on purpose: the database knows better. */
export interface AccessClaims {
  userId: string;
  sessionId: string;
  /** Seconds since 1970. */
  expiresAt: number;
}

/** Issues and verifies access tokens: JWTs by RFC 9068, checked by RFC 8725. */
@Injectable()
export class AccessTokens {
  // A KeyObject, made once: a string is first tried as a PEM key, at each call.
  private readonly key: KeyObject;
  private readonly kid: string;

  constructor(
    private readonly settings: AuthSettings,
    private readonly jwt: JwtService,
  ) {
    this.key = createSecretKey(Buffer.from(settings.secretKey, 'utf8'));
    this.kid = Buffer.from(hkdfSync('sha256', settings.secretKey, '', 'astra key id', 6)).toString(
      'base64url',
    );
  }

  issue({ userId, sessionId, role }: AccessGrant): string {
    return this.jwt.sign(
      { sid: sessionId, role },
      {
        // The typings know strings and buffers only; jsonwebtoken takes the KeyObject as it is.
        secret: this.key as unknown as Buffer,
        algorithm: 'HS256',
        header: { alg: 'HS256', typ: TYPE, kid: this.kid },
        subject: userId,
        issuer: this.settings.issuer,
        audience: this.settings.audience,
        expiresIn: this.settings.accessTokenTtl,
        jwtid: uuid(),
      },
    );
  }

  /**
   * Checks the signature, then each claim and its type. The header only chooses among keys that we hold; what it
   * says of keys elsewhere (`jwk`, `jku`, `x5u`) is not looked at, and critical extensions are not understood.
   *
   * @returns what the token says, or `null` if it is not a live access token of this issuer for this audience.
   */
  verify(token: string): AccessClaims | null {
    const [head, body, signature, ...rest] = token.split('.');
    if (!head || !body || !signature || rest.length > 0) return null;

    const header = parseJson(head);
    if (header?.alg !== 'HS256' || header.typ !== TYPE || header.kid !== this.kid || 'crit' in header)
      return null;
    // Compared as text: decoding would take several spellings of one signature.
    const expected = Buffer.from(
      createHmac('sha256', this.key).update(`${head}.${body}`).digest('base64url'),
    );
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;

    const claims = parseJson(body);
    const now = Date.now() / 1000;
    if (!claims || claims.iss !== this.settings.issuer || claims.aud !== this.settings.audience) return null;
    const { sub, sid, jti, exp, iat } = claims;
    if (typeof exp !== 'number' || exp <= now || typeof iat !== 'number' || iat > now + CLOCK_SKEW)
      return null;
    if (!isUuid(sub) || !isUuid(sid) || typeof jti !== 'string') return null;
    return { userId: sub as string, sessionId: sid as string, expiresAt: exp };
  }
}

function parseJson(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
