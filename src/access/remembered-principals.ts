import { LRUCache } from 'lru-cache';
import type { Principal } from './principal.js';

/**
 * Principals in memory, each under a key such as the id of its session: those used last. They can be forgotten by their user.
 */
export class RememberedPrincipals<T extends { readonly principal: Principal }> {
  private readonly known: LRUCache<string, T>;
  private readonly keysOfUser = new Map<string, Set<string>>();

  /**
   * @param max - Maximum number; 0 for none.
   * @param forgotten - Called with what was removed or replaced.
   */
  constructor(
    private readonly max: number,
    forgotten: (value: T) => void,
  ) {
    this.known = new LRUCache({
      max: Math.max(1, max),
      dispose: (value, key) => {
        const { userId } = value.principal;
        const keys = this.keysOfUser.get(userId);
        keys?.delete(key);
        if (keys?.size === 0) this.keysOfUser.delete(userId);
        forgotten(value);
      },
    });
  }

  get size(): number {
    return this.known.size;
  }

  /** Returns a value, which is then the one used last. */
  get(key: string): T | undefined {
    return this.known.get(key);
  }

  /**
   * Remembers a value, in place of an earlier one, and of the one that was not used for longest if there is no room.
   *
   * @returns whether it did.
   */
  set(key: string, value: T): boolean {
    if (this.max === 0) return false;
    this.known.set(key, value);
    const { userId } = value.principal;
    this.keysOfUser.set(userId, (this.keysOfUser.get(userId) ?? new Set()).add(key));
    return true;
  }

  forget(key: string): void {
    this.known.delete(key);
  }

  forgetUser(userId: string): void {
    for (const key of [...(this.keysOfUser.get(userId) ?? [])]) this.forget(key);
  }

  forgetAll(): void {
    this.known.clear();
  }
}
