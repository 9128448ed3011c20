/** Limits concurrency per key; others wait, first come, first served. */
export class KeyedMutex {
  private readonly rooms = new Map<string, { inside: number; waiting: (() => void)[] }>();

  constructor(private readonly places: number) {}

  /** Runs work when the key has a free place. */
  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const room = this.rooms.get(key) ?? { inside: 0, waiting: [] };
    this.rooms.set(key, room);
    if (room.inside < this.places) room.inside++;
    else await new Promise<void>((enter) => room.waiting.push(enter));

    try {
      return await work();
    } finally {
      // Hands the place to the next in line directly: if it were released first, a newcomer could take it.
      const enter = room.waiting.shift();
      if (enter) enter();
      else if (--room.inside === 0) this.rooms.delete(key);
    }
  }
}
