import { availableParallelism } from 'node:os';
import { OverloadedError } from '../../../http/problem/problem.js';
import { inSpan } from '../../../spans/in-span.js';

/** The queue of password hashes is full (503). The client may retry after 2 seconds. */
export class HashQueueFullError extends OverloadedError {
  constructor() {
    // In seconds. A full queue is worked off in 0.2 s (argon2id) to 2.5 s (PBKDF2).
    super(2);
  }
}

/** Runs one hash per core at a time. A limited number waits, first come, first served. */
export class HashQueue {
  /** Number of rejections so far because the queue was full. */
  refused = 0;
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private admitted = 0;

  /**
   * @param concurrency - Maximum of parallel hashes. Default: the cores available to this process.
   * @param maxWaiting - Maximum of waiting hashes. Default: 16 per parallel hash.
   */
  constructor(
    private readonly concurrency = availableParallelism(),
    private readonly maxWaiting = 16 * concurrency,
  ) {}

  /** Current number of running and waiting hashes. */
  get depth(): { running: number; waiting: number } {
    return { running: this.running, waiting: this.waiting.length };
  }

  /**
   * Throws if {@link admit} would reject work now.
   *
   * @throws {HashQueueFullError} if the queue is full.
   */
  assertRoom(): void {
    if (this.admitted < this.concurrency + this.maxWaiting) return;
    this.refused++;
    throw new HashQueueFullError();
  }

  /**
   * Runs work that ends in a hash, if the queue has a place for that hash. Otherwise the preparation would be wasted in
   * a flood, because {@link run} would reject the hash.
   *
   * @throws {HashQueueFullError} before the work starts.
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
   * Runs a hash as soon as a place is free.
   *
   * @throws {HashQueueFullError} at once, if the maximum of hashes is waiting.
   */
  run<T>(hash: () => Promise<T>): Promise<T> {
    return inSpan('hash password', {}, () => this.runInTurn(hash));
  }

  private async runInTurn<T>(hash: () => Promise<T>): Promise<T> {
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
      // Hands the place to the next in line directly: if it were released first, a newcomer could take it.
      const takePlace = this.waiting.shift();
      if (takePlace) takePlace();
      else this.running--;
    }
  }
}

/** Queue shared by everything that hashes in this process, since it shares the cores. */
export const hashQueue = new HashQueue();
