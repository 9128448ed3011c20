import { availableParallelism } from 'node:os';
import { OverloadedError } from '../../../http/problem/problem.js';

/** More passwords wait to be hashed than can be done soon. The caller may come back after a moment. */
export class HashQueueFullError extends OverloadedError {
  constructor() {
    // Seconds: a full queue is worked off in 0.2 s (argon2id) to 2.5 s (PBKDF2).
    super(2);
  }
}

/** Runs as many hashes at once as there are cores; a bounded number waits, first come, first served. */
export class HashQueue {
  /** Hashes that were refused so far, because as many waited as may. */
  refused = 0;
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private admitted = 0;

  /**
   * @param concurrency - Hashes at once. Default: the cores that this process may use.
   * @param maxWaiting - Hashes that may wait for a place. Default: 16 for each of those at once.
   */
  constructor(
    private readonly concurrency = availableParallelism(),
    private readonly maxWaiting = 16 * concurrency,
  ) {}

  /** How many hashes run, and how many wait for their turn. */
  get depth(): { running: number; waiting: number } {
    return { running: this.running, waiting: this.waiting.length };
  }

  /** @throws {HashQueueFullError} if {@link admit} would not do any more work now. */
  assertRoom(): void {
    if (this.admitted < this.concurrency + this.maxWaiting) return;
    this.refused++;
    throw new HashQueueFullError();
  }

  /**
   * Does work that will come to a hash, if there is not more of it than there are places: in a flood it would be done for
   * nothing, as {@link run} refuses the hash.
   *
   * @throws {HashQueueFullError} before anything was done.
   */
  async admit<T>(work: () => Promise<T>): Promise<T> {
    this.assertRoom();
    this.admitted++;
    try {
      return await work();
    } finally {
      this.admitted--;
    }
  }

  /**
   * Runs a hash as soon as there is a place for it.
   *
   * @throws {HashQueueFullError} at once, if as many wait as may.
   */
  async run<T>(hash: () => Promise<T>): Promise<T> {
    if (this.running < this.concurrency) {
      this.running++;
    } else if (this.waiting.length < this.maxWaiting) {
      await new Promise<void>((takePlace) => this.waiting.push(takePlace));
    } else {
      this.refused++;
      throw new HashQueueFullError();
    }

    try {
      return await hash();
    } finally {
      // The place goes to the next in line directly: set free first, it could be taken by a newcomer.
      const takePlace = this.waiting.shift();
      if (takePlace) takePlace();
      else this.running--;
    }
  }
}

/** The queue of this process: whatever hashes in it shares the same cores. */
export const hashQueue = new HashQueue();
