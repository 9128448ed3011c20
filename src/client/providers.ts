import type { AstraClient } from './client.js';
import { ProblemError } from './problem.js';
import { type SignInStep, stepOf } from './sign-in.js';

/** Options of a way to a provider and back. */
export interface ProviderOptions {
  /** URL of the app where the browser returns to. The service must allow it exactly (`OIDC_REDIRECTS`). */
  redirectTo: string;
  /** Opens a URL, such as in the system's browser on a phone. Default: leaves the current page for it. */
  open?: (url: string) => unknown;
}

const KEY = 'astra.verifier';

/** The part of `sessionStorage` that is used here. */
interface Store {
  getItem(key: string): string | null;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}

const memory = new Map<string, string>();
/** Used where there is no `sessionStorage`: the app itself is still there when the user returns. */
const memoryStore: Store = {
  getItem: (key) => memory.get(key) ?? null,
  setItem: (key, value) => memory.set(key, value),
  removeItem: (key) => memory.delete(key),
};

/** Outlives the way to the provider and back. No other tab or origin can read it. */
const tab = () =>
  ('document' in globalThis && (globalThis as { sessionStorage?: Store }).sessionStorage) || memoryStore;

/**
 * Sends the user to a provider, one of `GET /auth/providers`. On the page of `redirectTo`, call
 * {@link finishProviderSignIn}. The secret that belongs to the sign-in stays in this tab (PKCE, RFC 7636).
 *
 * @param name - Name of the provider, such as `google`.
 * @throws `TypeError` if the page has no `crypto.subtle`, as without TLS.
 */
export async function signInWithProvider(
  client: AstraClient,
  name: string,
  { redirectTo, loginHint, open = leave }: ProviderOptions & { loginHint?: string },
): Promise<void> {
  const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  tab().setItem(KEY, verifier);
  const query = {
    redirect_to: redirectTo,
    code_challenge: base64url(new Uint8Array(digest)),
    ...(loginHint && { login_hint: loginHint }),
  };
  await open(client.href('GET /auth/providers/{name}/authorize', { path: { name }, query }));
}

/**
 * Finishes a sign-in with a provider on the page where the browser has returned to, and removes the token from its URL.
 *
 * @param url - URL that the browser has returned to. Default: that of the page.
 * @returns `null` if the page was opened in another way.
 * @throws `ProblemError`: `access-denied` if the user has declined, `invalid-sign-in` if the sign-in was begun in another tab,
 *   and others of `POST /auth/login/continue`.
 */
export async function finishProviderSignIn(client: AstraClient, url?: string): Promise<SignInStep | null> {
  const here = new URL(url ?? page().location.href);
  const [token, error] = ['sign_in_token', 'error'].map((name) => here.searchParams.get(name));
  if (!token && !error) return null;
  const code_verifier = tab().getItem(KEY);
  tab().removeItem(KEY);
  // So that a reload does not send it again, and nobody finds it in the history.
  for (const name of ['sign_in_token', 'error']) here.searchParams.delete(name);
  if (url === undefined) page().history.replaceState(null, '', here.href);
  if (!token || !code_verifier) throw refusal(error ?? 'invalid-sign-in');
  const body = { sign_in_token: token, code_verifier };
  return stepOf(client, () => client.call('POST /auth/login/continue', { body }));
}

/**
 * Sends the user who is signed in to a provider, to connect an identity. The browser returns with `linked`, the name of the
 * provider, or `error`, the code of a problem, as a parameter.
 *
 * @throws `ProblemError`, such as `reauthentication-required`.
 */
export async function linkProvider(
  client: AstraClient,
  name: string,
  { redirectTo, open = leave }: ProviderOptions,
): Promise<void> {
  const { authorization_url } = await client.call('POST /users/me/identities/{name}/authorize', {
    path: { name },
    body: { redirect_to: redirectTo },
  });
  await open(authorization_url);
}

/** The parts of a page that are used here. */
interface PageGlobals {
  location: { href: string; assign(url: string): void };
  history: { replaceState(state: null, unused: string, url: string): void };
}

const page = () => globalThis as unknown as PageGlobals;

function leave(url: string): void {
  page().location.assign(url);
}

function base64url(bytes: Uint8Array): string {
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The problem of which the browser has only brought the code. */
function refusal(code: string): ProblemError {
  const detail = 'The sign-in with the provider has failed.';
  const problem = {
    type: `/problems/${code}`,
    title: detail,
    status: 400,
    detail,
    instance: '',
    request_id: '',
  };
  return new ProblemError(code, problem);
}
