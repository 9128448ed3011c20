import type { Quota } from '../../settings/rate-limits/rate-limit-options.js';

/** What a try came to. */
export interface Count {
  /** Whether the try is one of those that are allowed. */
  allowed: boolean;
  /** Tries that are left within the window. */
  remaining: number;
  /** When the window ends, in ms from now. */
  resetsIn: number;
}

interface Window {
  tries: number;
  /** In ms, as `Date.now()`. */
  endsAt: number;
}

/** So many addresses are counted at once, in about 20 MB; then the oldest window ends before its time. */
const MAX_SUBJECTS = 100_000;

/** Counts tries in the memory of this process. */
export class WindowCounter {
  /** All windows are of one length, so they are here in the order in which they end. */
  private readonly windows = new Map<string, Window>();

  constructor(
    readonly quota: Quota,
    private readonly maxSubjects = MAX_SUBJECTS,
  ) {}

  /** Counts a try. */
  take(subject: string, now = Date.now()): Count {
    const { limit } = this.quota;
    const { tries, endsAt } = this.count(subject, now);
    return { allowed: tries <= limit, remaining: Math.max(0, limit - tries), resetsIn: endsAt - now };
  }

  /** For how many subjects there is a window; more than one of them may be over. */
  get size(): number {
    return this.windows.size;
  }

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

  /** Two for each that comes: so those that are over go in time, and nobody waits for a sweep. */
  private makeRoom(now: number): void {
    let looked = 0;
    for (const [subject, { endsAt }] of this.windows) {
      if (looked++ === 2 || (endsAt > now && this.windows.size < this.maxSubjects)) return;
      this.windows.delete(subject);
    }
  }
}
