import type { Operations } from './api.js';
import { problemOf } from './problem.js';
import { type ChangeListener, hasTokens, type IssuedTokens, Session } from './session.js';
import { cookieStorage, memoryStorage, type SessionStorage } from './session-storage.js';

/** A route of the API, such as `GET /users/me`. */
export type Route = keyof Operations;

type Need<Op> = Omit<Op, 'response'>;

/** Input of a route: `path`, `query` and `body`, if it has them. */
export type Input<R extends Route> = Need<Operations[R]>;

/** Body of a route's response. */
export type Output<R extends Route> = Operations[R]['response'];

/** The arguments after the route: none are needed if it takes nothing that is required. */
type Arguments<R extends Route> =
  object extends Input<R>
    ? [input?: Input<R>, options?: RequestOptions]
    : [input: Input<R>, options?: RequestOptions];

/** Options of one request. */
export interface RequestOptions {
  /** Ends the request. */
  signal?: AbortSignal;
}

/** Confirmation of the identity that an operation requires. */
export interface Confirmation {
  /** Whether a password is not enough: the proof must be a code or a passkey. */
  strong: boolean;
}

/** Options of a client. */
export interface ClientOptions {
  /** Base URL of the API, such as `https://accounts.example.com/api/v1`. In a browser, a path of the page's origin will do. */
  url: string;
  /** Storage of the session. Default: `cookieStorage()` in browsers, `memoryStorage()` elsewhere. */
  storage?: SessionStorage;
  /** Function that sends the requests. Default: the platform's `fetch`. */
  fetch?: (input: Request) => Promise<Response>;
  /**
   * Asks the user for a proof when an operation requires a recent sign-in, and sends it with
   * `POST /users/me/reauthenticate`. The request is sent once more if it resolves to `true`. Default: the operation fails with
   * `reauthentication-required`.
   */
  onReauthenticate?: (confirmation: Confirmation) => Promise<boolean>;
}

/** Routes that end the session of the client. */
const ENDS: readonly string[] = ['POST /auth/logout', 'POST /auth/logout-all', 'DELETE /users/me'];

/** A client of Astra: the session of one user, and requests in its name. */
export class AstraClient {
  readonly #url: string;
  readonly #session: Session;
  readonly #send: (input: Request) => Promise<Response>;
  readonly #isCookie: boolean;

  readonly #ask?: ClientOptions['onReauthenticate'];
  #asking?: Promise<boolean>;

  constructor({ url, storage = defaultStorage(), fetch: send, onReauthenticate }: ClientOptions) {
    this.#url = `${url.replace(/\/+$/, '')}/`;
    this.#send = send ?? ((request) => fetch(request));
    this.#ask = onReauthenticate;
    this.#isCookie = storage.cookie === true;
    this.#session = new Session(storage, (body, signal) =>
      this.#send(this.#request('POST /auth/refresh', { body }, { signal })),
    );
  }

  /** Returns whether somebody is signed in, as far as this client knows. Asks nobody. */
  async isSignedIn(): Promise<boolean> {
    return (await this.#session.load()) !== null;
  }

  /** Whether somebody is signed in, without waiting: `undefined` until the session was first read from its storage. */
  get signedIn(): boolean | undefined {
    return this.#session.isActive;
  }

  /**
   * Calls the listener whenever somebody signs in or out, here or in another tab, and when the session has ended.
   *
   * @returns a function that stops it.
   */
  onChange(listener: ChangeListener): () => void {
    this.#session.listeners.add(listener);
    return () => this.#session.listeners.delete(listener);
  }

  /**
   * Returns an access token for requests that this client does not send, such as those of a WebSocket; `null` if nobody is
   * signed in. Send it to no other service than Astra's own, or one that verifies its tokens.
   *
   * @param refused - A token that was refused although it should be valid, as with a wrong clock: the result is another one.
   * @throws `ProblemError`, or an error of `fetch`, if the token has expired and cannot be refreshed now.
   */
  token(refused?: string): Promise<string | null> {
    return this.#session.token(refused);
  }

  /**
   * Like the platform's `fetch`, for the API of the application: with the access token, which is refreshed as needed. A
   * relative URL is one of Astra's origin. A request to any other origin is sent without the token.
   *
   * @throws an error of `fetch` if there is no response. A response with an error status is returned.
   */
  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = new Request(input instanceof Request ? input : new URL(input, this.#base), init);
    const isOwn = new URL(request.url).origin === this.#base.origin;
    if (!isOwn || request.headers.has('Authorization')) return this.#send(request);

    let token = await this.#session.token();
    if (token === null) return this.#send(request);
    const send = (bearer: string) => this.#send(withToken(request.clone(), bearer));
    let response = await send(token);
    if (isRefused(response, 'invalid_token')) {
      token = await this.#session.token(token);
      if (token === null) return response;
      response = await send(token);
    }
    if (isRefused(response, 'insufficient_user_authentication') && (await this.#confirm(response))) {
      token = await this.#session.token();
      if (token !== null) response = await send(token);
    }
    return response;
  }

  /**
   * Calls a route of Astra's API, as the user if somebody is signed in:
   *
   * ```ts
   * const user = await client.call('PATCH /users/me', { body: { full_name: 'Ada Lovelace' } });
   * ```
   *
   * A response with tokens begins a session.
   *
   * @returns the body of the response.
   * @throws `ProblemError` if the response is no success, or an error of `fetch` if there is none.
   */
  async call<R extends Route>(route: R, ...[input, options]: Arguments<R>): Promise<Output<R>> {
    const request = this.#request(route, input ?? {}, options);
    const isPublic = / \/auth\/(?!logout)/.test(route);
    const response = await (isPublic ? this.#send(request) : this.fetch(request));
    if (!response.ok) throw await problemOf(response);
    const body = (response.status === 204 ? undefined : await response.json()) as Output<R>;
    if (hasTokens(body)) await this.#start(route, body);
    if (ENDS.includes(route)) await this.#session.end('sign-out');
    return body;
  }

  /**
   * Signs out: here and in the other tabs at once, then on the service.
   *
   * @throws an error of `fetch` if the service cannot be reached. The session then ends there when it expires.
   */
  async signOut(): Promise<void> {
    const session = await this.#session.end('sign-out');
    if (!session) return;
    const { refresh_token: token } = session;
    const body = token ? { token } : {};
    await this.#send(this.#request('POST /auth/revoke', { body }, { keepalive: true }));
  }

  /** Returns the URL of a route, for a link or a navigation. The browser sends no token there. */
  href<R extends Route & `GET ${string}`>(route: R, ...[input]: Arguments<R>): string {
    return this.#request(route, input ?? {}).url;
  }

  /** Closes the channel to other tabs. Only needed by applications that create many clients. */
  close(): void {
    this.#session.close();
  }

  /** Asks the user once for all requests that wait for it. */
  async #confirm(response: Response): Promise<boolean> {
    if (!this.#ask) return false;
    const strong = response.headers.get('WWW-Authenticate')?.includes('aal2') === true;
    this.#asking ??= this.#ask({ strong }).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #start(route: Route, tokens: IssuedTokens): Promise<void> {
    const { refresh_token } = (await this.#session.load()) ?? {};
    // A confirmed identity brings a new access token of the same session.
    const isSame = route === 'POST /users/me/reauthenticate' && refresh_token;
    await this.#session.start(isSame ? { ...tokens, refresh_token } : tokens);
  }

  /** Not made before the first request, since a server that renders a page knows no origin for a path. */
  get #base(): URL {
    const { location } = globalThis as { location?: { href: string } };
    return new URL(this.#url, location?.href);
  }

  #request(route: string, input: AnyInput, options: RequestInit = {}): Request {
    const [method, template] = route.split(' ') as [string, string];
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(input.path?.[name] ?? ''),
    );
    const url = new URL(`.${path}`, this.#base);
    for (const [name, value] of Object.entries(input.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const headers = new Headers(input.body && { 'Content-Type': 'application/json' });
    const isCookie = this.#isCookie && path.startsWith('/auth/');
    if (isCookie) headers.set('X-Astra-Client', 'browser');
    return new Request(url, {
      ...{ method, headers, ...options },
      ...(isCookie && { credentials: 'include' }),
      ...(input.body && { body: JSON.stringify(input.body) }),
    });
  }
}

/** The input of any route. */
interface AnyInput {
  path?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: object;
}

function defaultStorage(): SessionStorage {
  return 'document' in globalThis ? cookieStorage() : memoryStorage();
}

function withToken(request: Request, token: string): Request {
  request.headers.set('Authorization', `Bearer ${token}`);
  return request;
}

/** Whether this is the reason of a 401 (RFC 6750, 3.1; RFC 9470). Where scripts cannot read it, the token is. */
function isRefused(response: Response, reason: string): boolean {
  const challenge = response.headers.get('WWW-Authenticate') ?? 'error="invalid_token"';
  return response.status === 401 && challenge.includes(`error="${reason}"`);
}
