import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats a read: one at a time, with a minimum interval, and shared by all callers that wait. */
export class SharedReading {
  private running?: Promise<boolean>;
  private next?: Promise<boolean>;
  private begunAt = -Infinity;
  private failedAt = -Infinity;

  /**
   * @param read - Returns whether it succeeded. Must not reject.
   * @param spacing - Minimum time in ms between the starts of two reads.
   */
  constructor(
    private readonly read: () => Promise<boolean>,
    private readonly spacing: number,
  ) {}

  /**
   * Waits for a read that starts after this call, though not necessarily at once.
   *
   * @returns its result.
   */
  begin(): Promise<boolean> {
    return (this.next ??= this.inTurn());
  }

  /**
   * Waits for the current read, or starts one.
   *
   * @returns its result; `false` if a read has just failed.
   */
  async join(): Promise<boolean> {
    if (this.running) return this.running;
    if (performance.now() - this.failedAt < this.spacing) return false;
    return this.begin();
  }

  /** Waits for the current read and the minimum interval, then reads. */
  private async inTurn(): Promise<boolean> {
    await this.running;
    const wait = this.begunAt + this.spacing - performance.now();
    if (wait > 0) await sleep(wait);
    this.next = undefined;
    this.begunAt = performance.now();
    this.running = this.read();
    const isGood = await this.running;
    this.running = undefined;
    if (!isGood) this.failedAt = performance.now();
    return isGood;
  }
}
