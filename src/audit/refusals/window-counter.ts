import type { Quota } from '../../settings/rate-limits/rate-limit-options.js';

/** Result of counting a try. */
export interface Count {
  /** Whether the try is within the limit. */
  allowed: boolean;
  /** Tries left within the window. */
  remaining: number;
  /** Time until the window ends, in ms. */
  resetsIn: number;
}

/** Attempts of one subject in the current window. */
interface Window {
  tries: number;
  /** In ms, like `Date.now()`. */
  endsAt: number;
}

/** Maximum of subjects, about 20 MB; beyond it the oldest window ends early. */
const MAX_SUBJECTS = 100_000;

/** Counts tries per subject in fixed windows, in the memory of this process. */
export class WindowCounter {
  /** All windows have the same length, so insertion order is the order in which they end. */
  private readonly windows = new Map<string, Window>();

  constructor(
    readonly quota: Quota,
    private readonly maxSubjects = MAX_SUBJECTS,
  ) {}

  /** Counts a try, including refused ones. */
  take(subject: string, now = Date.now()): Count {
    const { limit } = this.quota;
    const { tries, endsAt } = this.count(subject, now);
    return { allowed: tries <= limit, remaining: Math.max(0, limit - tries), resetsIn: endsAt - now };
  }

  /** Number of stored windows, some of which may be over. */
  get size(): number {
    return this.windows.size;
  }

  /**
   * Returns the window of a subject with the attempt counted. A new window is inserted last, which keeps the map
   * ordered by end.
   */
  private count(subject: string, now: number): Window {
    const known = this.windows.get(subject);
    if (known && known.endsAt > now) {
      known.tries++;
      return known;
    }
    this.windows.delete(subject);
    this.makeRoom(now);
    const window = { tries: 1, endsAt: now + this.quota.window * 1000 };
    this.windows.set(subject, window);
    return window;
  }

  /**
   * Removes up to two old windows per new one. So expired windows disappear in time, without a sweep that would block
   * requests.
   */
  private makeRoom(now: number): void {
    let looked = 0;
    for (const [subject, { endsAt }] of this.windows) {
      if (looked++ === 2 || (endsAt > now && this.windows.size < this.maxSubjects)) return;
      this.windows.delete(subject);
    }
  }
}
