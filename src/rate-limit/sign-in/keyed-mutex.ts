/** Lets a few in at a time under each key; the others wait, first come, first served. */
export class KeyedMutex {
  private readonly rooms = new Map<string, { inside: number; waiting: (() => void)[] }>();

  constructor(private readonly places: number) {}

  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const room = this.rooms.get(key) ?? { inside: 0, waiting: [] };
    this.rooms.set(key, room);
    if (room.inside < this.places) room.inside++;
    else await new Promise<void>((enter) => room.waiting.push(enter));

    try {
      return await work();
    } finally {
      // The place goes to the next in line directly: set free first, it could be taken by a newcomer.
      const enter = room.waiting.shift();
      if (enter) enter();
      else if (--room.inside === 0) this.rooms.delete(key);
    }
  }
}
