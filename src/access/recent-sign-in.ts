import type { TokenHolder } from './principal.js';
import { type FactorCount, factorsOf } from './sign-in-methods.js';

/** Seconds for which a sign-in counts as recent, unless the settings say otherwise. */
export const DEFAULT_REAUTHENTICATION_TTL = 300;

/** Requirements for the sign-in of a caller. */
export interface SignInRequirement {
  /** Maximum age of the last proof in seconds; `Infinity` for any. */
  readonly within: number;
  /** With `2`, the last second factor must be that recent. */
  readonly factors: FactorCount;
}

/** Returns whether the sign-in of a caller meets a requirement. */
export function isMet({ within, factors }: SignInRequirement, caller: TokenHolder): boolean {
  // Both: a session that lost its factors is not renewed by an old time, nor by a method without one.
  if (factors > factorsOf(caller.methods)) return false;
  const verifiedAt = factors === 2 ? caller.secondFactorAt : caller.authenticatedAt;
  return within === Infinity || (verifiedAt !== null && Date.now() - verifiedAt.getTime() <= within * 1_000);
}
