import { MAX_TOKEN_LENGTH } from '../../http/input/max-length.js';
import { CLOCK_SKEW, parseObject } from '../../auth/tokens/access-token-claims.js';
import type { VerificationKey } from '../../auth/tokens/keys/signing-key.js';

/** What a token of the FastAPI service is for; its claim `type`. */
export type LegacyTokenType = 'access' | 'refresh';

/** What a genuine token of the FastAPI service says. */
export interface LegacyClaims {
  /** As it was there. */
  username: string;
  /** Seconds since 1970. */
  expiresAt: number;
}

/** Seconds that a refresh token lives there, and nothing longer. */
export const LEGACY_LIFE = 7 * 24 * 60 * 60;

/**
 * Checks a token of the FastAPI service by RFC 8725: HS256 under its key and nothing else, of the type that is asked for,
 * and not expired. There is no issuer, audience or time of issue in them.
 *
 * @returns what it says, or `null` if it is not a live token of that service and type.
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
