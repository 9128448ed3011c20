import { validate as isUuid } from 'uuid';
import { MAX_TOKEN_LENGTH } from '../../problem/max-length.js';
import type { VerificationKey } from './signing-key.js';

/** The media type of JWT access tokens (RFC 9068, 2.1), so that no other token of ours passes for one. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/**
 * The `client_id` of access tokens, which RFC 9068 (2.2) requires: users sign in with this service itself, so it is the
 * one client. What an OAuth2 library sends under this name is not looked at.
 */
export const CLIENT_ID = 'astra';

/** Seconds by which the clocks of two machines may differ. */
export const CLOCK_SKEW = 30;

/** What the `jti` begins with: the generation of the session, an integer of Postgres. */
const GENERATION = /^(\d{1,9})\./;

/** What a genuine access token says. */
export interface AccessClaims {
  userId: string;
  sessionId: string;
  /** How often its session had been refreshed when it was issued; -1 if the token does not say. */
  sessionGeneration: number;
  /** As of when the token was issued. This service asks its database instead. */
  role: string;
  /** `accessGeneration` of the user when `role` was read: lower than by now, the token tells old facts. */
  accessGeneration: number;
  /** Seconds since 1970. */
  issuedAt: number;
  /** Seconds since 1970. */
  expiresAt: number;
}

/** By whom and for whom a token must have been issued, and the keys that prove it. */
export interface Expectations {
  issuer: string;
  audience: string;
  /** Finds the key of a `kid`. */
  findKey(kid: string): VerificationKey | undefined;
}

/** What the outside of an access token says, of which nothing is proven yet. */
interface UncheckedToken {
  kid: string;
  alg: unknown;
  body: string;
  signed: string;
  signature: string;
}

/** @returns `null` for what is no access token, whatever the keys are: nobody need be asked about it. */
export function readHeader(token: string): UncheckedToken | null {
  if (token.length > MAX_TOKEN_LENGTH) return null;
  const [head, body, signature, ...rest] = token.split('.', 4);
  if (!head || !body || !signature || rest.length > 0) return null;
  const header = parseObject(head);
  if (!header || header.typ !== ACCESS_TOKEN_TYPE || typeof header.kid !== 'string' || 'crit' in header)
    return null;
  return { kid: header.kid, alg: header.alg, body, signed: `${head}.${body}`, signature };
}

/**
 * Checks an access token by RFC 8725 and RFC 9068: first the signature, then each claim and its type.
 *
 * The header only chooses among keys that we hold already. The algorithm is the key's; what the header says of keys
 * elsewhere (`jwk`, `jku`, `x5u`) is not looked at; and critical extensions (`crit`) are not understood.
 *
 * @returns what the token says, or `null` if it is not a live access token of this issuer for this audience.
 */
export function readAccessToken(
  token: string,
  { issuer, audience, findKey }: Expectations,
): AccessClaims | null {
  const read = readHeader(token);
  const key = read && findKey(read.kid);
  if (!key || read.alg !== key.algorithm || !key.verify(read.signed, read.signature)) return null;

  const claims = parseObject(read.body);
  if (!claims || claims.iss !== issuer || claims.aud !== audience) return null;
  const { sub, sid, jti, exp, iat, nbf = iat, role, client_id: clientId, gen } = claims;
  const now = Date.now() / 1000;
  const isDue = (time: unknown) => typeof time === 'number' && time <= now + CLOCK_SKEW;
  if (typeof exp !== 'number' || exp <= now || typeof iat !== 'number' || !isDue(iat) || !isDue(nbf))
    return null;
  if (!isUuid(sub) || !isUuid(sid) || typeof jti !== 'string' || typeof role !== 'string') return null;
  if (typeof clientId !== 'string' || !isGeneration(gen)) return null;
  return {
    ...{ userId: sub as string, sessionId: sid as string, role },
    sessionGeneration: Number(GENERATION.exec(jti)?.[1] ?? -1),
    ...{ accessGeneration: gen, issuedAt: iat, expiresAt: exp },
  };
}

function isGeneration(claim: unknown): claim is number {
  return Number.isSafeInteger(claim) && (claim as number) >= 0;
}

/** Reads the `kid` of a token that was not checked, to find out whether its key is known. */
export function kidOf(token: string): string | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const kid = parseObject(token.split('.', 1)[0])?.kid;
  return typeof kid === 'string' ? kid : undefined;
}

/** Reads a part of a JWT; `null` unless it is an object. */
export function parseObject(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
