import type { AuthSettings } from '../../settings/auth-settings.js';
import { CLOCK_SKEW } from '../tokens/access-token-claims.js';

/** So many ended sessions of a user are kept, for 31 days: by them it is known which devices have been there. */
export const ENDED_SESSIONS_KEPT = 100;

/** A moment more, in seconds, for those who read what ended in pages. */
const MARGIN = 60;

/**
 * For how long, in seconds, other services are told that a session has ended: as long as its last access token could
 * live. Its row is kept for that time, however many there are.
 */
export function secondsToldOf({ accessTokenTtl }: AuthSettings): number {
  return accessTokenTtl + CLOCK_SKEW + MARGIN;
}
