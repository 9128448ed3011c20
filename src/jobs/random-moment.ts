import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for 50 to 400 ms. What is done in the background for an address that has an account slows down whatever is
 * answered meanwhile. At once, that would be the next request of whoever asked, and its time would tell.
 *
 * @param signal - Ends the wait by an error.
 */
export async function randomMoment(signal: AbortSignal): Promise<void> {
  await sleep(randomInt(50, 400), undefined, { signal });
}
