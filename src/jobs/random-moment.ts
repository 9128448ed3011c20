import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for 50 to 400 ms. Background work for an email address with an account slows down concurrent requests. Started
 * at once, it would slow down the next request of the same client, and so reveal the account.
 *
 * @param signal - Aborts the wait with an error.
 */
export async function randomMoment(signal: AbortSignal): Promise<void> {
  await sleep(randomInt(50, 400), undefined, { signal });
}
