import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats expectations until they hold, for effects that reach the service later. Default: within a second. */
export async function eventually<T>(expectations: () => Promise<T>, within = 1_000): Promise<T> {
  const until = performance.now() + within;
  for (;;) {
    try {
      return await expectations();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
    await sleep(20);
  }
}
