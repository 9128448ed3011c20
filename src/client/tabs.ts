import type { StoredSession } from './session-storage.js';

/** Milliseconds that a tab waits for the session of the tab that has just refreshed it. */
const AFTER_ANOTHER = 1000;
/** Milliseconds that a tab waits for others to tell a newer session than its own. */
const FOR_OTHERS = 30;

/** Message from one tab to the others. */
export interface TabMessage {
  /** The session, or `null` if the user signed out. */
  session?: StoredSession | null;
  /** A question: the access token that the asking tab has. Those with another, good one respond. */
  unlike?: string;
  /** A tab has refreshed the session, or could not. */
  done?: boolean;
}

/** The part of the Web Locks API that is used here. Browsers have it on secure origins only. */
interface Locks {
  request<T>(
    name: string,
    options: { ifAvailable?: boolean },
    callback: (lock: object | null) => Promise<T>,
  ): Promise<T>;
}

/**
 * The tabs of an origin that share a session: one of them refreshes it, and all learn about it. Where the browser has no
 * locks, or no channel, tabs may refresh at the same time, and the service gives them the same successor.
 */
export class Tabs {
  readonly #channel?: InstanceType<typeof BroadcastChannel>;
  readonly #listeners = new Set<() => void>();

  constructor(
    readonly name: string,
    onMessage: (message: TabMessage) => void,
  ) {
    if (!('BroadcastChannel' in globalThis)) return;
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener('message', (event) => {
      const message = (event as unknown as { data: TabMessage }).data;
      onMessage(message);
      if (message.unlike === undefined) for (const listener of this.#listeners) listener();
    });
  }

  tell(message: TabMessage): void {
    this.#channel?.postMessage(message);
  }

  /**
   * Runs the work while no other tab does, after all messages of the tab before have arrived.
   *
   * @param accessToken - The one that this tab has, so that others can tell a newer one.
   */
  async alone(accessToken: string, work: () => Promise<void>): Promise<void> {
    const { locks } = globalThis.navigator as { locks?: Locks };
    if (!locks) return work();
    // Locks and messages take different ways, so the lock may be here first.
    const listenAndWork = async (milliseconds: number) => {
      const message = this.#next(milliseconds);
      this.tell({ unlike: accessToken });
      await message;
      await work();
    };
    const isFree = await locks.request(this.name, { ifAvailable: true }, async (lock) => {
      if (lock) await listenAndWork(FOR_OTHERS);
      return lock !== null;
    });
    if (!isFree) await locks.request(this.name, {}, () => listenAndWork(AFTER_ANOTHER));
  }

  close(): void {
    this.#channel?.close();
  }

  /** Waits for the next answer of another tab, but not longer than this. */
  #next(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#listeners.add(done);
    });
  }
}
