/** Interval in ms. */
const INTERVAL = 60_000;

/**
 * Returns a function that returns `true` at most once a minute: for log messages about a state that lasts, which every
 * request or attempt would repeat.
 */
export function onceAMinute(): () => boolean {
  let next = -Infinity;
  return () => {
    const now = performance.now();
    if (now < next) return false;
    next = now + INTERVAL;
    return true;
  };
}
