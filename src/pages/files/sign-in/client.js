// The API as the sign-in page uses it. The tokens are in this variable and nowhere else; the refresh token is in a cookie
// that no script can read, if the service has it.

import { ask, isAway } from '../forms.js';

const { api, features } = document.querySelector('main').dataset;
/** Whether the service has a feature: passkeys, factors, or the cookie, with which a session outlives the page. */
export const has = (feature) => features.split(' ').includes(feature);

let tokens = null;

/** Sends a request for nobody in particular, such as a sign-in. */
export function call(path, body = {}) {
  const headers = { 'X-Astra-Client': 'browser' };
  return ask('POST', `${api}/${path}`, { body, headers, credentials: 'same-origin' });
}

/** Goes on with a sign-in that has begun. */
export function continueSignIn(sign_in_token, proof) {
  return call('auth/login/continue', { sign_in_token, ...proof });
}

/** Sends a request of the signed-in user. An expired access token is replaced first. */
export async function callAsUser(method, path, body) {
  const send = () =>
    ask(method, `${api}/${path}`, {
      body,
      headers: { Authorization: `Bearer ${tokens?.access_token}` },
      credentials: 'same-origin',
    });
  const answer = await send();
  return answer.code === 'invalid-token' && (await resume()) ? send() : answer;
}

export function keep(issued) {
  tokens = issued;
}

/** Hands the tokens over, to an application that takes care of them from now on. */
export function giveTokens() {
  const given = tokens;
  tokens = null;
  return given;
}

/**
 * Continues the session of the cookie. Returns whether there is one.
 *
 * @throws if the service cannot say now.
 */
export async function resume() {
  if (!has('cookie')) return false;
  const answer = await call('auth/refresh');
  if (answer.ok) keep(answer.body);
  else if (isAway(answer)) throw new Error('There may be a session.');
  return answer.ok;
}

/** Ends the session. */
export async function signOut() {
  await callAsUser('POST', 'auth/logout');
  tokens = null;
}
