import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats expectations until they hold, for what reaches the service a moment later: by default within a second. */
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
