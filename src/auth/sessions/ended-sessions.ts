import type { AuthSettings } from '../../settings/auth-settings.js';
import { CLOCK_SKEW } from '../tokens/access-token-claims.js';

/** Number of ended sessions kept per user, for 31 days. They tell which devices are known. */
export const ENDED_SESSIONS_KEPT = 100;

/** Extra seconds for verifiers that read the revocation feed page by page. */
const MARGIN = 60;

/**
 * Seconds for which the revocation feed lists an ended session: until its last access token has expired. Its row is
 * kept at least that long, regardless of {@link ENDED_SESSIONS_KEPT}.
 */
export function secondsToldOf({ accessTokenTtl }: AuthSettings): number {
  return accessTokenTtl + CLOCK_SKEW + MARGIN;
}
