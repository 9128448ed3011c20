import { Secret, TOTP } from 'otpauth';

/** Seconds for which an app shows a code (RFC 6238). */
const PERIOD = 30;
/** Seconds before the end of a step in which a code of the step before it may no longer be valid on arrival. */
const MARGIN = 5;

/** The newest step of which a code was handed out, by secret. A service takes no code of that step or an earlier one. */
const handedOut = new Map<string, number>();

/**
 * Returns a code of the authenticator app of a test user, which is valid now and was not handed out before: a service
 * accepts each code once.
 *
 * A code is valid for the time step of 30 seconds before and after its own, so there are at most three at a time. If a test
 * needs more, move the clock: `await kit.clock.advance(30)`. Time is that of `Date`, which the kit's clock moves.
 *
 * @param user - User of `asUser(app, role, { factors: ['totp'] })`, or `{ totpSecret }` with a secret that the API returned.
 * @throws {Error} if the user has no authenticator app, or if all codes that are valid now were handed out.
 */
export function totpCode({ totpSecret }: { readonly totpSecret?: string }): string {
  if (totpSecret === undefined)
    throw new Error("The user has no authenticator app. Create the user with { factors: ['totp'] }");
  const seconds = Date.now() / 1_000;
  const now = Math.floor(seconds / PERIOD);
  // The oldest code first, so that the others are left for later calls.
  const oldest = seconds % PERIOD < PERIOD - MARGIN ? now - 1 : now;
  const step = Math.max(oldest, (handedOut.get(totpSecret) ?? 0) + 1);
  if (step > now + 1)
    throw new Error(
      'All codes of this user that are valid now were handed out. Move the clock before the next one: kit.clock.advance(30)',
    );
  handedOut.set(totpSecret, step);
  return new TOTP({ secret: Secret.fromBase32(totpSecret) }).generate({ timestamp: step * PERIOD * 1_000 });
}
