/** Lets equal reads within a short time share one result. */
export class SharedReads<T> {
  private readonly recent = new Map<string, { at: number; result: Promise<T> }>();

  /** @param sharedFor - In ms, from the start of the read. */
  constructor(private readonly sharedFor: number) {}

  /**
   * Returns a result of the last `sharedFor` ms, or reads.
   *
   * @param key - Identifies equal reads.
   * @param read - Called if there is no result to share. If it fails, all who wait for it get the error.
   */
  get(key: string, read: () => Promise<T>): Promise<T> {
    const now = performance.now();
    for (const [old, { at }] of this.recent) if (now - at >= this.sharedFor) this.recent.delete(old);
    const known = this.recent.get(key);
    if (known) return known.result;

    const result = read();
    this.recent.set(key, { at: now, result });
    // A failure is not shared with later callers; the next one reads again.
    result.catch(() => this.recent.delete(key));
    return result;
  }
}
