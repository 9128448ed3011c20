import { isProblem, problemOf } from './problem.js';
import type { SessionStorage, StoredSession } from './session-storage.js';
import { Tabs, type TabMessage } from './tabs.js';

/** Waiting times before a refresh is sent again whose response was lost, in milliseconds. */
const PAUSES = [300, 1500];
/** Milliseconds after which a refresh counts as lost. */
const PATIENCE = 10_000;
/** The part of an access token's lifetime after which it is refreshed. */
const USEFUL_PART = 0.9;

/** Cause of a change: a sign-in or sign-out here, one in another tab, or a session that ended on the service. */
export type ChangeCause = 'sign-in' | 'sign-out' | 'elsewhere' | 'expired';

/** Listener of a client: is the user signed in, and why so? */
export type ChangeListener = (signedIn: boolean, cause: ChangeCause) => void;

/** Tokens as the service sends them. */
export interface IssuedTokens {
  access_token: string;
  refresh_token?: string;
  /** Lifetime of the access token in seconds. */
  expires_in: number;
}

/** The session of a client: one refresh at a time for all requests, and a sign-out for all tabs. */
export class Session {
  readonly listeners = new Set<ChangeListener>();
  #current: StoredSession | null | undefined;
  #refreshing?: Promise<void>;
  /** Counts sign-ins and sign-outs, so that a refresh under way cannot bring back what has ended. */
  #changes = 0;
  readonly #tabs?: Tabs;

  constructor(
    private readonly storage: SessionStorage,
    /** Sends a request with this body to the route `/auth/refresh`. */
    private readonly sendRefresh: (body: object, signal: AbortSignal) => Promise<Response>,
  ) {
    if (!storage.shared) return;
    this.#tabs = new Tabs(storage.shared, (message) => this.#hear(message));
    const { addEventListener } = globalThis as {
      addEventListener?: (type: 'storage', listener: (event: { key: string | null }) => void) => void;
    };
    // The one word from other tabs where there is no channel.
    addEventListener?.('storage', ({ key }) => {
      if (key === storage.shared || key === null) void this.#reload();
    });
  }

  /**
   * Returns an access token that is still good, refreshed if need be; `null` if nobody is signed in.
   *
   * @param refused - An access token that the service has refused.
   * @throws `ProblemError`, or an error of `fetch`, if the token cannot be refreshed now. The session continues.
   */
  async token(refused?: string): Promise<string | null> {
    const session = await this.load();
    if (!session) return null;
    const { access_token, renew_at } = session;
    if (access_token && access_token !== refused && Date.now() < renew_at) return access_token;
    this.#refreshing ??= this.#refresh(session).finally(() => (this.#refreshing = undefined));
    await this.#refreshing;
    return this.#current ? this.#current.access_token : null;
  }

  /** Whether there is a session, or `undefined` if the storage was not read yet. */
  get isActive(): boolean | undefined {
    return this.#current === undefined ? undefined : this.#current !== null;
  }

  /** Returns the session as this client knows it. */
  async load(): Promise<StoredSession | null> {
    // Of the first two calls, one may set what the other has read before.
    if (this.#current === undefined) {
      const stored = await this.storage.get();
      this.#current ??= stored;
    }
    return this.#current;
  }

  /** Starts a session, or stores a new access token of the current one. */
  async start(tokens: IssuedTokens): Promise<void> {
    this.#changes += 1;
    await this.#keep(tokens);
  }

  /** Ends the session here and in other tabs. Returns what it was. */
  async end(cause: ChangeCause): Promise<StoredSession | null> {
    const session = await this.load();
    this.#changes += 1;
    this.#set(null, cause);
    await this.storage.set(null);
    this.#tabs?.tell({ session: null });
    return session;
  }

  close(): void {
    this.#tabs?.close();
  }

  #refresh(seen: StoredSession): Promise<void> {
    const work = () => this.#refreshUnlessNew(seen);
    return this.#tabs ? this.#tabs.alone(seen.access_token, work) : work();
  }

  async #refreshUnlessNew(seen: StoredSession): Promise<void> {
    if (this.#current?.access_token !== seen.access_token) return;
    const stored = await this.storage.get();
    if (!stored || stored.access_token !== seen.access_token) return this.#set(stored, 'elsewhere');
    const changes = this.#changes;
    try {
      const tokens = await this.#insist(stored.refresh_token);
      // Signed out, or in as somebody else, while the request was under way.
      if (changes === this.#changes) await this.#keep(tokens);
    } catch (error) {
      if (!isProblem(error, 'invalid-refresh-token')) throw error;
      if (changes === this.#changes) await this.end('expired');
    } finally {
      // Also if it failed, so that the next tab need not wait for the new session.
      this.#tabs?.tell({ done: true });
    }
  }

  /** Sends the refresh again if there was no answer. The service gives the same successor. */
  async #insist(refreshToken: string | undefined): Promise<IssuedTokens> {
    for (const pause of [...PAUSES, undefined]) {
      try {
        const body = refreshToken ? { refresh_token: refreshToken } : {};
        const response = await this.sendRefresh(body, AbortSignal.timeout(PATIENCE));
        if (!response.ok) throw await problemOf(response);
        const tokens: unknown = await response.json();
        if (hasTokens(tokens)) return tokens;
        throw new TypeError('The response to a refresh has no tokens.');
      } catch (error) {
        const isFinal = isProblem(error) && (error.status < 500 || error.retryAfter !== undefined);
        if (isFinal || pause === undefined) throw error;
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
    throw new Error('unreachable');
  }

  async #keep({ access_token, refresh_token, expires_in }: IssuedTokens): Promise<void> {
    const renew_at = Date.now() + expires_in * 1000 * USEFUL_PART;
    const session = { access_token, renew_at, ...(refresh_token && { refresh_token }) };
    this.#set(session, 'sign-in');
    await this.storage.set(session);
    this.#tabs?.tell({ session });
  }

  #set(session: StoredSession | null, cause: ChangeCause): void {
    const was = this.#current;
    this.#current = session;
    const isOther = was?.access_token && session && sessionOf(was) !== sessionOf(session);
    if (!was === !session && !isOther) return;
    for (const listener of this.listeners) listener(session !== null, cause);
  }

  /** Learns from another tab, or tells it. */
  #hear({ session, unlike }: TabMessage): void {
    const { access_token, renew_at = 0 } = this.#current ?? {};
    if (session !== undefined) this.#learn(session);
    else if (unlike !== undefined && access_token !== unlike && Date.now() < renew_at)
      this.#tabs?.tell({ session: this.#current });
  }

  async #reload(): Promise<void> {
    this.#learn(await this.storage.get());
  }

  #learn(session: StoredSession | null): void {
    if (session?.access_token === this.#current?.access_token) return;
    this.#changes += 1;
    this.#set(session, 'elsewhere');
    // Of a cookie's session, each tab has the access token in its memory.
    if (this.storage.cookie) void this.storage.set(session);
  }
}

/** Whether the body of a response has tokens. That of the login page of a Wi-Fi, with status 200, has none. */
export function hasTokens(body: unknown): body is IssuedTokens {
  return typeof (body as Partial<IssuedTokens> | null | undefined)?.access_token === 'string';
}

/** The session's id in an access token, which tells whether two are of the same sign-in. */
function sessionOf({ access_token }: StoredSession): unknown {
  try {
    const claims = access_token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/');
    return (JSON.parse(atob(claims ?? '')) as { sid?: unknown }).sid;
  } catch {
    return undefined;
  }
}
