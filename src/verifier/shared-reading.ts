import { setTimeout as sleep } from 'node:timers/promises';

/** Reads something again and again: one reading at a time, not too often, and shared by all who wait. */
export class SharedReading {
  private running?: Promise<boolean>;
  private next?: Promise<boolean>;
  private begunAt = -Infinity;
  private failedAt = -Infinity;

  /**
   * @param read - Tells whether it brought what was asked for. It does not reject.
   * @param spacing - The least time between the begins of two readings, in ms.
   */
  constructor(
    private readonly read: () => Promise<boolean>,
    private readonly spacing: number,
  ) {}

  /** @returns the result of a reading that begins from now on, though perhaps not at once. */
  begin(): Promise<boolean> {
    return (this.next ??= this.inTurn());
  }

  /** @returns the result of the reading that goes on, or else of one that begins now; `false` if one has just failed. */
  async join(): Promise<boolean> {
    if (this.running) return this.running;
    if (performance.now() - this.failedAt < this.spacing) return false;
    return this.begin();
  }

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
