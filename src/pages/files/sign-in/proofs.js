// Proofs of the user's identity: the second factor of a sign-in, or any factor before a sensitive operation.

import { callAsUser, keep } from './client.js';
import { complain, explain, onClick, onSubmit, show, words } from '../forms.js';
import { getPasskey, hasPasskeys } from './passkeys.js';

const section = document.querySelector('section[data-state=proof]');
/** By the name of the proof. The first one that the user has is shown first. */
const forms = Object.fromEntries(
  [...section.querySelectorAll('form')].map((form) => [form.dataset.proof, form]),
);
/** Names of factors that differ from those of their proofs. */
const factorOf = { totp_code: 'totp' };
/** Codes of messages that are more exact than `invalid-proof`. */
const refusals = { password: 'invalid-password', passkey: 'invalid-passkey' };
const choices = [...section.querySelectorAll('button[data-choice]')];

/**
 * Asks for one of several proofs.
 *
 * @param ask.send - Sends it, and returns the response.
 * @param ask.done - Called with the response if the proof was accepted.
 * @param ask.cancel - Called if the user wants to do something else.
 */
export function askForProof({ factors, passkeyOptions, intro, send, done, cancel }) {
  section.querySelector('[data-intro]').textContent = intro;
  for (const [name, form] of Object.entries(forms)) {
    form.reset();
    onSubmit(form, async () => {
      const proof = name === 'passkey' ? await getPasskey(passkeyOptions) : form.elements[name].value;
      if (proof === null) return complain(form, words.noPasskey, null);
      const answer = await send({ [name]: proof });
      const isAccepted = answer.ok || answer.body.sign_in_token;
      form.reset();
      if (isAccepted) return done(answer);
      const code = answer.code === 'invalid-proof' ? (refusals[name] ?? answer.code) : answer.code;
      explain(form, { ...answer, code });
      return form.querySelector('input')?.focus();
    });
  }
  const usable = Object.keys(forms).filter(
    (name) =>
      factors.includes(factorOf[name] ?? name) && (name !== 'passkey' || (hasPasskeys && passkeyOptions)),
  );
  for (const choice of choices) onClick(choice, () => choose(choice.dataset.choice, usable));
  onClick(section.querySelector('[data-cancel]'), () => cancel());
  show('proof');
  choose(usable[0] ?? 'passkey', usable);
  if (usable.length === 0) complain(forms.passkey, words.problems['no-passkeys'], null);
}

function choose(chosen, usable) {
  for (const [name, form] of Object.entries(forms)) form.hidden = name !== chosen;
  for (const choice of choices) {
    const name = choice.dataset.choice;
    choice.hidden = name === chosen || !usable.includes(name);
  }
  forms[chosen].querySelector('input, button').focus();
}

/**
 * Sends a request that may require a recent proof, asks for the proof, and repeats the request.
 *
 * @returns the response; `null` if the user gives none.
 */
export async function callWithProof(method, path, body) {
  const answer = await callAsUser(method, path, body);
  if (answer.code !== 'reauthentication-required') return answer;
  const { factors, passkey_options } = (await callAsUser('POST', 'users/me/reauthenticate/options', {})).body;
  const needsTwo = /acr_values="aal2"/.test(answer.header('WWW-Authenticate') ?? '');
  const renewed = await new Promise((resolve) => {
    askForProof({
      // A password is one factor.
      factors: needsTwo ? factors.filter((name) => name !== 'password') : factors,
      passkeyOptions: passkey_options,
      intro: words.confirmIdentity,
      send: (proof) => callAsUser('POST', 'users/me/reauthenticate', proof),
      done: resolve,
      cancel: () => resolve(null),
    });
  });
  if (!renewed) return null;
  keep(renewed.body);
  return callAsUser(method, path, body);
}
