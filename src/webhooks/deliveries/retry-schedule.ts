import { randomInt } from 'node:crypto';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Seconds before each try: the schedule of Standard Webhooks 1.0.0, which ends after three days. There are as many tries as
 * entries.
 */
export const DELAYS = [
  0,
  5,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  DAY,
];

/** Part of a delay by which it is longer or shorter, so that an endpoint that comes back is not asked for all at once. */
const JITTER = 0.2;

/**
 * Returns the seconds until the next try: those of the schedule, or what the endpoint asked for if that is longer. A day is
 * the limit, so that a mistake of the endpoint does not delay its events for weeks.
 *
 * @param step - Number of tries so far, at least 1.
 * @param retryAfter - Seconds that the endpoint asked for, which count if they are more, up to a day.
 * @returns `null` after the last try.
 */
export function delayBefore(step: number, retryAfter = 0): number | null {
  if (step >= DELAYS.length) return null;
  const jitter = 1 + (JITTER * randomInt(-1_000, 1_001)) / 1_000;
  return Math.max(DELAYS[step] * jitter, Math.min(retryAfter, DAY));
}

/**
 * Reads the header `Retry-After`: seconds, however many, or a date (RFC 9110, 10.2.3).
 *
 * @param now - Time of the response, in ms since 1970.
 * @returns seconds; `0` if it is missing or malformed.
 */
export function readRetryAfter(header: string | null, now: number): number {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Number(text);
  const until = parseHttpDate(text);
  return until === null ? 0 : Math.max(0, (until - now) / 1_000);
}

/**
 * Parses a date of a header in the form that servers must send (RFC 9110, 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. Node
 * alone would take `5 minutes` or `-1` for a date.
 *
 * @returns ms since 1970; `null` if it is missing or malformed.
 */
export function parseHttpDate(text: string | null): number | null {
  if (!text || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}
