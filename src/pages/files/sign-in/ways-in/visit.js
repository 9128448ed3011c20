// Visits to providers in a window of their own, so that this page keeps what was typed in it.

import { call } from '../client.js';
import { complain, explain, words } from '../../forms.js';

/** The page where a visit ends: a script there tells this one. */
const END = new URL('provider-return', import.meta.url).href;
/** Ends the visit that was begun last, which may still wait for another one that confirms the identity. */
let latest = new AbortController();
/** Ends the visit whose window was opened last. */
let waiting = latest;

/** Returns the words for the code of a problem with which a visit has ended. */
export const wordsFor = (code) => words.problems[code] ?? words.providers.failed;

/**
 * Has the user sign in with a provider. There is one visit at a time: an earlier one ends.
 *
 * @param begin - Called with the URL to which the provider leads back, and the challenge of the verifier; returns the URL of
 *   the provider, or `null`.
 * @param opened - Called with the URL of the provider, for a link: browsers may refuse to open windows by themselves.
 * @returns the parameter with which the provider has led back, `sign_in_token`, `linked` or `error`, and the `code_verifier`.
 *   `null` if the visit was ended.
 */
export async function visit(begin, opened) {
  const own = new AbortController();
  const { signal } = own;
  latest = own;
  const id = crypto.randomUUID();
  const code_verifier = newVerifier();
  const url = await begin(`${END}?visit=${id}`, await challengeOf(code_verifier));
  if (!url || signal.aborted) return null;
  waiting.abort();
  waiting = own;
  // Not by the window itself, with which a provider may have cut the connection (Cross-Origin-Opener-Policy).
  const channel = new BroadcastChannel(`astra-visit-${id}`);
  const provider = open('', '_blank', 'popup,width=520,height=720');
  if (provider) {
    // The provider's pages must not be able to lead this one elsewhere.
    provider.opener = null;
    provider.location.replace(url);
  }
  opened(url);
  const result = await new Promise((resolve) => {
    channel.addEventListener('message', ({ data }) => resolve({ ...data, code_verifier }));
    signal.addEventListener('abort', () => resolve(null));
  });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin
  if (result) channel.postMessage('taken');
  else provider?.close();
  channel.close();
  return result;
}

/** Ends the visit, if there is one. */
export function endVisit() {
  latest.abort();
  waiting.abort();
}

/**
 * Has the user sign in with a provider, and explains a failure in a form, which has a place for the link (visit.html).
 *
 * @param request - Further parameters, such as `prompt`.
 * @returns the proof and its `sign_in_token`, as the API accepts them; `null` if there is none.
 */
export async function signInElsewhere(form, name, request = {}) {
  const place = form.querySelector('[data-visit]');
  const begin = async (redirect_to, code_challenge) => {
    const answer = await call(`auth/providers/${name}/authorize`, {
      redirect_to,
      code_challenge,
      ...request,
    });
    return answer.ok ? answer.body.authorization_url : explain(form, answer);
  };
  const result = await visit(begin, (url) => {
    place.querySelector('a').href = url;
    place.hidden = false;
  }).finally(() => {
    place.hidden = true;
  });
  const { error, sign_in_token, code_verifier } = result ?? {};
  if (error) complain(form, wordsFor(error), null);
  return sign_in_token ? { sign_in_token, code_verifier } : null;
}

/** Returns a secret that only this page knows, without which the result of a sign-in is worth nothing (RFC 7636). */
export const newVerifier = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** Returns the challenge that belongs to a verifier. */
export async function challengeOf(verifier) {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
