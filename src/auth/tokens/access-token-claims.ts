import { validate as isUuid } from 'uuid';
import type { AssuranceLevel } from '../../access/sign-in-methods.js';
import { MAX_TOKEN_LENGTH } from '../../http/input/max-length.js';
import type { VerificationKey } from './keys/signing-key.js';

/** Media type of JWT access tokens (RFC 9068, 2.1), which distinguishes them from Astra's other tokens. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';

/**
 * The `client_id` of access tokens, required by RFC 9068 (2.2). Users sign in with this service itself, so it
 * is the only client. A `client_id` sent by an OAuth2 library is ignored.
 */
export const CLIENT_ID = 'astra';

/** Allowed difference between the clocks of two machines, in seconds. */
export const CLOCK_SKEW = 30;

/** Prefix of the `jti`: the generation of the session, a Postgres integer. */
const GENERATION = /^(\d{1,9})\./;

/** Claims of a verified access token. */
export interface AccessClaims {
  userId: string;
  sessionId: string;
  /** Number of refreshes of its session when it was issued; -1 if missing from the token. */
  sessionGeneration: number;
  /** Role at the time of issue. Astra itself reads it from the database instead. */
  role: string;
  /**
   * `accessGeneration` of the user when `role` was read; if it is lower than the current one, the token is
   * outdated.
   */
  accessGeneration: number;
  /** Proofs of the sign-in (`amr`, RFC 8176). Empty if missing from the token. */
  methods: readonly string[];
  /** Level of the sign-in (`acr`): `aal2` for two factors. */
  level: AssuranceLevel;
  /**
   * Time of the last verification of that level (`auth_time`), in seconds since 1970. `null` if missing from the token, as in those of
   * versions before second factors.
   */
  authenticatedAt: number | null;
  /** Seconds since 1970. */
  issuedAt: number;
  /** Seconds since 1970. */
  expiresAt: number;
}

/** Required issuer and audience of a token, and the keys to verify it. */
export interface Expectations {
  issuer: string;
  audience: string;
  /** Returns the key of a `kid`. */
  findKey(kid: string): VerificationKey | undefined;
}

/** Header of an access token that is not verified yet. */
interface UncheckedToken {
  kid: string;
  alg: unknown;
  body: string;
  signed: string;
  signature: string;
}

/**
 * Parses the header of an access token without verifying it.
 *
 * @returns `null` if it cannot be an access token, regardless of the keys.
 */
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
 * Verifies an access token according to RFC 8725 and RFC 9068: first the signature, then each claim and its
 * type.
 *
 * The header only selects among known keys. The algorithm is that of the key; references to other keys
 * (`jwk`, `jku`, `x5u`) are ignored; and critical extensions (`crit`) are not supported.
 *
 * @returns the claims, or `null` if it is not a valid access token of this issuer for this audience.
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
  const { auth_time: authTime, amr = [], acr = 'aal1' } = claims;
  if (authTime !== undefined && !isDue(authTime)) return null;
  if (!isListOfTexts(amr) || (acr !== 'aal1' && acr !== 'aal2')) return null;
  return {
    ...{ userId: sub as string, sessionId: sid as string, role },
    sessionGeneration: Number(GENERATION.exec(jti)?.[1] ?? -1),
    ...{ methods: amr, level: acr, authenticatedAt: (authTime as number | undefined) ?? null },
    ...{ accessGeneration: gen, issuedAt: iat, expiresAt: exp },
  };
}

function isListOfTexts(claim: unknown): claim is string[] {
  return Array.isArray(claim) && claim.every((text) => typeof text === 'string');
}

function isGeneration(claim: unknown): claim is number {
  return Number.isSafeInteger(claim) && (claim as number) >= 0;
}

/** Reads the `kid` of an unverified token, to find out whether its key is known. */
export function kidOf(token: string): string | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const kid = parseObject(token.split('.', 1)[0])?.kid;
  return typeof kid === 'string' ? kid : undefined;
}

/** Parses a part of a JWT; `null` if it is not an object. */
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
