import { namedStatement, type NamedStatements } from '../../database/named-statements.js';
import type { Quota } from '../../settings/rate-limits/rate-limit-options.js';
import type { Count } from '../../audit/refusals/window-counter.js';

/** Maximum of rejected keys in memory, about 1 MB; beyond it the oldest are looked up again. */
const REMEMBERED = 10_000;
/** Clock of the database, shared by all instances, in ms since 1970. */
const NOW = 'floor(extract(epoch FROM now()) * 1000)::bigint';

const COUNT = namedStatement(
  'count-attempts',
  `INSERT INTO auth_rate_limits AS counter (key, points, expire) VALUES ($1, $3, ${NOW} + $2)
   ON CONFLICT (key) DO UPDATE SET
     points = CASE WHEN counter.expire <= ${NOW} THEN $3 ELSE counter.points + $3 END,
     expire = CASE WHEN counter.expire <= ${NOW} THEN EXCLUDED.expire ELSE counter.expire END
   RETURNING points, expire - ${NOW} AS resets_in`,
);

/** Attempts that were counted in advance. */
export interface Lease extends Omit<Count, 'allowed'> {
  granted: number;
}

/**
 * Counts attempts in Postgres, with one statement each. A rejected key is rejected from memory until the window ends,
 * so a flood costs the database nothing.
 */
export class PostgresCounter {
  /** End of the window of each rejected key, as `performance.now()`. */
  private readonly refusedUntil = new Map<string, number>();

  /** @param name - Name of the limit, the first part of its keys. */
  constructor(
    private readonly named: NamedStatements,
    private readonly name: string,
    private readonly quota: Quota,
  ) {}

  /** Counts an attempt. */
  async take(key: string): Promise<Count> {
    const { granted, ...left } = await this.lease(key, 1);
    return { allowed: granted > 0, ...left };
  }

  /**
   * Counts several attempts at once, which the caller may make until the window ends.
   *
   * @returns `granted`: how many of them are within the limit, from 0 to `size`.
   */
  async lease(key: string, size: number): Promise<Lease> {
    const left = (this.refusedUntil.get(key) ?? 0) - performance.now();
    if (left > 0) return { granted: 0, remaining: 0, resetsIn: left };
    this.refusedUntil.delete(key);

    const { limit, window } = this.quota;
    const values = [`${this.name}:${key}`, window * 1000, size];
    const { rows } = await this.named.query<{ points: number; resets_in: string }>(COUNT, values);
    const [{ points, resets_in }] = rows;
    const granted = Math.max(0, Math.min(size, limit - points + size));
    const lease = { granted, remaining: Math.max(0, limit - points), resetsIn: Number(resets_in) };
    if (granted === 0) this.remember(key, lease.resetsIn);
    return lease;
  }

  /** Remembers a rejected key until its window ends. */
  private remember(key: string, resetsIn: number): void {
    this.refusedUntil.set(key, performance.now() + resetsIn);
    if (this.refusedUntil.size <= REMEMBERED) return;
    const [oldest] = this.refusedUntil.keys();
    this.refusedUntil.delete(oldest);
  }
}
