import type { AnsweredRequest } from '../logs/answered-request.js';

/** Histogram of the time that requests take. */
export const DURATION = {
  name: 'astra_http_request_duration_seconds',
  help: 'Time from the arrival of a request to the end of its response',
  /** Upper bounds in seconds. */
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
} as const;

/**
 * Returns a value of the histogram. Labels have few values regardless of clients: patterns of routes, and classes of status.
 */
export function durationOf({ method, route, status, latency_ms }: AnsweredRequest) {
  const labels = { method, route: route ?? 'none', status: `${Math.floor(status / 100)}xx` };
  return { labels, seconds: (latency_ms ?? 0) / 1000 };
}
