import type { User } from './api.js';
import type { AstraClient } from './client.js';

/** The user who is signed in, as far as a client knows. */
export interface UserState {
  /** `null` if nobody is signed in. `undefined` until this is known, and after an error. */
  readonly user: User | null | undefined;
  /** Error of the last request, as `client.call` threw it, if that failed. */
  readonly error?: unknown;
}

/** The user of a client as a store, for bindings of interface libraries. */
export interface UserStore {
  /** Returns the state. The same object for as long as nothing changes. */
  get(): UserState;
  /**
   * Calls the listener after each change: another user, none, or an error. The first listener makes the store ask the
   * service.
   *
   * @returns a function that stops it.
   */
  subscribe(listener: () => void): () => void;
  /** Asks the service again, such as after a change of the profile, or an error. Never rejects. */
  reload(): Promise<void>;
}

/** State before anything is known, and on servers that render pages. */
export const UNKNOWN_USER: UserState = { user: undefined };

/** One store for each client, which lives as long as the client. */
const stores = new WeakMap<AstraClient, UserStore>();

/** Returns the store of a client's user. It asks the service once for all listeners, and again after another sign-in. */
export function userOf(client: AstraClient): UserStore {
  const store = stores.get(client) ?? newStore(client);
  stores.set(client, store);
  return store;
}

function newStore(client: AstraClient): UserStore {
  const listeners = new Set<() => void>();
  let state = UNKNOWN_USER;
  let loading: Promise<UserState> | undefined;

  const set = (next: UserState) => {
    state = next;
    for (const listener of listeners) listener();
  };
  const reload = async () => {
    const own = (loading = load(client));
    const next = await own;
    // Somebody has signed in or out meanwhile, or it was asked again.
    if (loading !== own) return;
    loading = undefined;
    set(next);
  };
  client.onChange((signedIn) => {
    loading = undefined;
    set(signedIn ? UNKNOWN_USER : { user: null });
    if (signedIn && listeners.size > 0) void reload();
  });
  return {
    get: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      if (state === UNKNOWN_USER && !loading) void reload();
      return () => listeners.delete(listener);
    },
    reload,
  };
}

async function load(client: AstraClient): Promise<UserState> {
  try {
    return { user: (await client.isSignedIn()) ? await client.call('GET /users/me') : null };
  } catch (error) {
    return { user: undefined, error };
  }
}
