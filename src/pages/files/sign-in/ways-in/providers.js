// Other providers: the way in with one, the return from it, and what a sign-in with one may still need.

import { call, callAsUser, continueSignIn } from '../client.js';
import { announce, complain, explain, onClick, onSubmit, sectionOf, words } from '../../forms.js';
import { isAppWaiting } from '../app.js';
import { askForProof, callWithProof } from '../proofs.js';
import { sendCode } from './email-code.js';
import { challengeOf, newVerifier, signInElsewhere, wordsFor } from './visit.js';

const buttons = [...document.querySelectorAll('form[data-provider]')];
const links = [...document.querySelectorAll('form[data-connect]')];
/** Kept by this tab while the user is at a provider: the verifier, without which the result is worth nothing (RFC 7636). */
const KEPT = 'astra-provider';
/** The page without its query, to which a provider sends the user back. */
const here = () => location.origin + location.pathname;

/** Providers, for an application. */
export const providers = () =>
  links.map(({ dataset: { connect: name, title, factors } }) => ({
    name,
    title,
    countsTwice: factors === '2',
  }));

/** Returns the name of a provider for people. */
export const titleOf = (name) => links.find(({ dataset }) => dataset.connect === name)?.dataset.title ?? name;

/**
 * Offers to sign in with a provider.
 *
 * @param search - Query of the page, which it has again after the return.
 * @param enter - Called with the result of a visit in another window.
 */
export function offerProviders(search, enter) {
  for (const form of buttons)
    onSubmit(form, async () => {
      const { provider } = form.dataset;
      if (isAppWaiting()) {
        const proof = await signInElsewhere(form, provider);
        return proof && enter({ token: proof.sign_in_token, verifier: proof.code_verifier });
      }
      const verifier = newVerifier();
      const request = { redirect_to: here(), code_challenge: await challengeOf(verifier) };
      const answer = await call(`auth/providers/${provider}/authorize`, request);
      if (!answer.ok) return explain(form, answer);
      // With the place in an application.
      sessionStorage.setItem(KEPT, JSON.stringify({ verifier, search: search + location.hash }));
      return location.assign(answer.body.authorization_url);
    });
}

/**
 * Offers to connect identities to the account.
 *
 * @param fail - Called with the form and the response if there is no URL of the provider; `null` if the user gave up.
 */
export function offerLinks(fail) {
  for (const form of links)
    onSubmit(form, async () => {
      const path = `users/me/identities/${form.dataset.connect}/authorize`;
      const answer = await callWithProof('POST', path, { redirect_to: here() });
      return answer?.ok ? location.assign(answer.body.authorization_url) : fail(form, answer);
    });
}

/** Lists the identities of the account as the account shows them. */
export async function ownIdentities() {
  if (links.length === 0) return null;
  const { body } = await callAsUser('GET', 'users/me/identities');
  return body.items.map(({ id, provider, email, subject_hint, linked_at }) => ({
    ...{ id, created_at: linked_at },
    name: `${titleOf(provider)} (${email ?? `…${subject_hint}`})`,
  }));
}

/**
 * Takes the result of a visit to a provider out of the URL, and what this tab has kept meanwhile. The page gets its query back.
 *
 * @returns `null` if the page was opened in another way.
 */
export function takeResult() {
  const query = new URLSearchParams(location.search);
  const [token, error, linked] = ['sign_in_token', 'error', 'linked'].map((name) => query.get(name));
  if (buttons.length === 0 || !(token ?? error ?? linked)) return null;
  const { verifier, search = '' } = JSON.parse(sessionStorage.getItem(KEPT) ?? '{}');
  sessionStorage.removeItem(KEPT);
  history.replaceState(null, '', location.pathname + search);
  return { token, error, linked, verifier };
}

/**
 * Asks for what a sign-in with a provider still needs.
 *
 * @param enter - Called with the next response.
 * @param cancel - Called if the user wants to do something else.
 * @returns whether the response needs something of this kind.
 */
export function askForMore({ code, body }, enter, cancel) {
  const { sign_in_token, factors, needs, passkey_options } = body;
  const send = (input) => continueSignIn(sign_in_token, input);
  if (code === 'account-link-required') {
    askForProof({
      ...{ factors, passkeyOptions: passkey_options, send, cancel, done: enter },
      ...{ title: words.providers.linkTitle, intro: words.providers.link },
      sendCode: () => sendCode({ sign_in_token }),
    });
    return true;
  }
  if (code !== 'registration-required') return false;
  const state = needs.includes('email') ? 'provider-email' : 'provider-username';
  const form = sectionOf(state).querySelector('form');
  form.reset();
  onClick(form.querySelector('[data-cancel]'), () => cancel());
  onSubmit(form, async () => {
    if (state === 'provider-email') return askForMailbox(form, sign_in_token, send, { enter, cancel });
    const answer = await send({ username: form.elements.username.value });
    return answer.ok || answer.body.sign_in_token ? enter(answer) : explain(form, answer);
  });
  announce(state);
  return true;
}

/** Sends a code to the email address of the form, and asks for it. */
async function askForMailbox(form, sign_in_token, send, { enter, cancel }) {
  const email = form.elements.email.value;
  const again = () => sendCode({ sign_in_token, email });
  const answer = await again();
  if (!answer.ok) return explain(form, answer);
  return askForProof({
    ...{ factors: ['email_code'], isCodeSent: true, sendCode: again, send, done: enter, cancel },
    ...{ title: words.codes.title, intro: words.providers.sent.replace('{email}', () => email) },
  });
}

/** Explains in the account view why an identity was not connected. */
export function complainAboutLink(code) {
  complain(links[0], wordsFor(code), null);
}
