import { MAX_TOKEN_LENGTH } from '../../http/input/max-length.js';
import { CLOCK_SKEW, parseObject } from '../../auth/tokens/access-token-claims.js';
import type { VerificationKey } from '../../auth/tokens/keys/signing-key.js';

/** Type of a token of the FastAPI service; its claim `type`. */
export type LegacyTokenType = 'access' | 'refresh';

/** Claims of a genuine token of the FastAPI service. */
export interface LegacyClaims {
  /** Username at the time of issue. */
  username: string;
  /** Seconds since 1970. */
  expiresAt: number;
}

/** Lifetime of a refresh token of the FastAPI service in seconds; no token lives longer. */
export const LEGACY_LIFE = 7 * 24 * 60 * 60;

/**
 * Verifies a token of the FastAPI service according to RFC 8725: HS256 with its key and no other algorithm, of the
 * expected type, and unexpired. These tokens contain no issuer, audience and time of issue.
 *
 * @returns the claims, or `null` if it is not a valid token of this type.
 */
export function readLegacyToken(
  token: string,
  type: LegacyTokenType,
  key: VerificationKey,
): LegacyClaims | null {
  if (token.length > MAX_TOKEN_LENGTH) return null;
  const [head, body, signature, ...rest] = token.split('.');
  if (!head || !body || !signature || rest.length > 0) return null;
  const header = parseObject(head);
  if (!header || header.alg !== key.algorithm || header.typ !== 'JWT' || 'crit' in header) return null;
  if (!key.verify(`${head}.${body}`, signature)) return null;

  const { sub: username, exp: expiresAt, type: given } = parseObject(body) ?? {};
  if (given !== type || typeof username !== 'string' || typeof expiresAt !== 'number') return null;
  const left = expiresAt - Date.now() / 1000;
  return left > 0 && left <= LEGACY_LIFE + CLOCK_SKEW ? { username, expiresAt } : null;
}
