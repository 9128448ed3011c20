import { Problem } from '../problem/problem.js';
import type { Quota } from '../settings/rate-limit-options.js';

/** A limit was reached. Nothing was done. */
export class TooManyRequestsError extends Problem {
  /** @param wait - Seconds after which the next try can succeed; a whole number, at least 1. */
  constructor(name: string, quota: Quota, wait: number) {
    super(429, 'too-many-requests', `Too many requests. Please try again in ${wait} seconds.`, {
      headers: { 'Retry-After': String(wait), ...rateLimitHeaders([{ name, quota, remaining: 0, wait }]) },
    });
  }
}

/** How much of a limit is left. */
export interface Allowance {
  name: string;
  quota: Quota;
  /** Tries that are left. */
  remaining: number;
  /** After how many seconds all of them are there again; a whole number, at least 1. */
  wait: number;
}

/** The header fields `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10). */
export function rateLimitHeaders(allowances: readonly Allowance[]): Record<string, string> {
  return {
    RateLimit: allowances.map(({ name, remaining, wait }) => `"${name}";r=${remaining};t=${wait}`).join(', '),
    'RateLimit-Policy': allowances
      .map(({ name, quota }) => `"${name}";q=${quota.limit};w=${quota.window}`)
      .join(', '),
  };
}

/** For `Retry-After` (RFC 9110, 10.2.3): rounded up, and at least 1, so that the next try is not too early. */
export function wholeSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
