/** The tokens of a session, as a client keeps them. */
export interface StoredSession {
  /** Empty if it has to be refreshed first, as after a reload of a page with the refresh cookie. */
  access_token: string;
  /** Absent if it is in the cookie. */
  refresh_token?: string;
  /** From when on the access token is refreshed before a request: milliseconds since 1970 on the clock of the client. */
  renew_at: number;
}

/**
 * Storage of a client's session, such as the key chain of a phone:
 *
 * ```ts
 * const keychain: SessionStorage = {
 *   get: async () => JSON.parse((await SecureStore.getItemAsync('session')) ?? 'null'),
 *   set: (session) => SecureStore.setItemAsync('session', JSON.stringify(session)),
 * };
 * ```
 */
export interface SessionStorage {
  /** Returns the session, or `null`. */
  get(): StoredSession | null | Promise<StoredSession | null>;
  /** Keeps the session, or forgets it if it is `null`. */
  set(session: StoredSession | null): unknown;
  /** Key under which other tabs of the origin share the session. Without one, the session is the client's own. */
  readonly shared?: string;
  /** Whether the refresh token is in the service's HttpOnly cookie instead. */
  readonly cookie?: boolean;
}

/** Web storage, of which other platforms have none. */
const disk = () => (globalThis as { localStorage?: Storage }).localStorage;

/** The part of `localStorage` that is used here. */
interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps the session in memory. It ends with the process or page. The default outside browsers.
 */
export function memoryStorage(): SessionStorage {
  let kept: StoredSession | null = null;
  return { get: () => kept, set: (session) => (kept = session) };
}

/**
 * Keeps the refresh token in the HttpOnly cookie of the service (`REFRESH_COOKIE=on`) and the access token in memory, so
 * that no script can steal the session. The default in browsers. `localStorage` only holds the fact that there is one.
 *
 * @param key - Key in `localStorage`. Default: `astra`.
 */
export function cookieStorage(key = 'astra'): SessionStorage {
  const { get, set } = memoryStorage();
  return {
    ...{ shared: key, cookie: true },
    get: () => {
      const isKnown = disk()?.getItem(key);
      if (!isKnown) void set(null);
      return get() ?? (isKnown ? { access_token: '', renew_at: 0 } : null);
    },
    set: (session) => {
      void set(session);
      if (session) disk()?.setItem(key, '1');
      else disk()?.removeItem(key);
    },
  };
}

/**
 * Keeps both tokens in `localStorage`, for services without the cookie. Any script that gets into the page can steal the
 * session: prefer the cookie.
 *
 * @param key - Key in `localStorage`. Default: `astra`.
 */
export function webStorage(key = 'astra'): SessionStorage {
  return {
    shared: key,
    get: () => readSession(disk()?.getItem(key) ?? ''),
    set: (session) => {
      if (session) disk()?.setItem(key, JSON.stringify(session));
      else disk()?.removeItem(key);
    },
  };
}

/** Reads a stored session. Anything else, such as what another script has left there, is none. */
function readSession(text: string): StoredSession | null {
  try {
    const session = JSON.parse(text) as StoredSession | null;
    return typeof session?.access_token === 'string' ? session : null;
  } catch {
    return null;
  }
}
