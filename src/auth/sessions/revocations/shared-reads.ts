/** Has all who ask for the same within a moment share one reading. */
export class SharedReads<T> {
  private readonly recent = new Map<string, { at: number; result: Promise<T> }>();

  /** @param sharedFor - In ms. */
  constructor(private readonly sharedFor: number) {}

  get(key: string, read: () => Promise<T>): Promise<T> {
    const now = performance.now();
    for (const [old, { at }] of this.recent) if (now - at >= this.sharedFor) this.recent.delete(old);
    const known = this.recent.get(key);
    if (known) return known.result;

    const result = read();
    this.recent.set(key, { at: now, result });
    // What failed is asked again by whoever comes next.
    result.catch(() => this.recent.delete(key));
    return result;
  }
}
