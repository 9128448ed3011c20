import { Problem } from '../http/problem/problem.js';
import type { Quota } from '../settings/rate-limits/rate-limit-options.js';

/** A rate limit was reached; nothing was changed. */
export class TooManyRequestsError extends Problem {
  /** @param wait - Seconds after which the next attempt can succeed; an integer, at least 1. */
  constructor(name: string, quota: Quota, wait: number) {
    super(429, 'too-many-requests', `Too many requests. Please try again in ${wait} seconds.`, {
      headers: { 'Retry-After': String(wait), ...rateLimitHeaders([{ name, quota, remaining: 0, wait }]) },
    });
  }
}

/** Remaining quota of a limit. */
export interface Allowance {
  name: string;
  quota: Quota;
  /** Remaining attempts. */
  remaining: number;
  /** Seconds until the quota is full again; an integer, at least 1. */
  wait: number;
}

/**
 * Returns the header fields `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10); none if there
 * are no limits.
 */
export function rateLimitHeaders(allowances: readonly Allowance[]): Record<string, string> {
  if (allowances.length === 0) return {};
  return {
    RateLimit: allowances.map(({ name, remaining, wait }) => `"${name}";r=${remaining};t=${wait}`).join(', '),
    'RateLimit-Policy': allowances
      .map(({ name, quota }) => `"${name}";q=${quota.limit};w=${quota.window}`)
      .join(', '),
  };
}

/**
 * Converts to seconds for `Retry-After` (RFC 9110, 10.2.3): rounded up, and at least 1, so that the next
 * attempt is not too early.
 */
export function wholeSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
