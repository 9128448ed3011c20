import type { Count } from '../../audit/refusals/window-counter.js';
import type { Quota } from '../../settings/rate-limits/rate-limit-options.js';
import type { Lease, PostgresCounter } from './postgres-counter.js';

/** Part of the limit that is counted in advance. */
const SHARE = 1 / 20;
/** Maximum of keys with a lease, about 2 MB; beyond it the oldest lease is lost, which is the strict side. */
const MAX_LEASES = 10_000;

/** Attempts left of a lease, until the window ends, as `performance.now()`. */
interface OpenLease {
  left: number;
  /** Attempts left of the limit when the lease was granted. */
  readonly remaining: number;
  readonly endsAt: number;
}

/**
 * Counts attempts of all instances with a query for every twentieth of the limit: each instance takes a lease of that many, and
 * counts it down in memory. All of them together never exceed the limit. An instance may refuse the last twentieth, if
 * another one holds it.
 */
export class LeasedCounter {
  private readonly leases = new Map<string, OpenLease>();
  /** Leases that are being taken, so that concurrent attempts take one. */
  private readonly taking = new Map<string, Promise<Lease>>();
  private readonly size: number;

  /**
   * @param counter - Counter that all instances share.
   * @param quota - Its limit.
   */
  constructor(
    private readonly counter: Pick<PostgresCounter, 'lease'>,
    { limit }: Quota,
  ) {
    this.size = Math.max(1, Math.floor(limit * SHARE));
  }

  /** Counts an attempt. */
  async take(key: string): Promise<Count> {
    for (;;) {
      const now = performance.now();
      const open = this.leases.get(key);
      if (open && open.left > 0 && open.endsAt > now) {
        open.left--;
        return { allowed: true, remaining: open.remaining + open.left, resetsIn: open.endsAt - now };
      }
      const { granted, resetsIn } = await (this.taking.get(key) ?? this.takeLease(key));
      if (granted === 0) return { allowed: false, remaining: 0, resetsIn };
    }
  }

  /** Takes a lease of the limit, which also serves all attempts that arrive meanwhile. */
  private takeLease(key: string): Promise<Lease> {
    const taking = this.counter
      .lease(key, this.size)
      .then((lease) => {
        this.keep(key, lease);
        return lease;
      })
      .finally(() => this.taking.delete(key));
    this.taking.set(key, taking);
    return taking;
  }

  /** Keeps what was granted, in the place of the last lease, which is used up or over. */
  private keep(key: string, { granted, remaining, resetsIn }: Lease): void {
    this.leases.delete(key);
    if (granted === 0) return;
    if (this.leases.size >= MAX_LEASES) {
      const [oldest] = this.leases.keys();
      this.leases.delete(oldest);
    }
    this.leases.set(key, { left: granted, remaining, endsAt: performance.now() + resetsIn });
  }
}
