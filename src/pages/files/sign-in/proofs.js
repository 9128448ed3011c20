// Proofs of the user's identity: the second factor of a sign-in, or any factor before a sensitive operation.

import { callAsUser, keep } from './client.js';
import { complain, explain, isAway, onClick, onSubmit, sectionOf, show, words } from '../forms.js';
import { getPasskey, hasPasskeys } from './passkeys.js';
import { endVisit, signInElsewhere } from './ways-in/visit.js';

const section = sectionOf('proof');
/** By the name of the proof. The first one that the user has is shown first. */
const forms = Object.fromEntries(
  [...section.querySelectorAll('form')].map((form) => [form.dataset.proof, form]),
);
/** Names of factors that differ from those of their forms. A code is sent with a form before it is entered in another one. */
const factorOf = { totp_code: 'totp', send_code: 'email_code', email_code: null };
/** Codes of messages that are more exact than `invalid-proof`. */
const refusals = { password: 'invalid-password', passkey: 'invalid-passkey' };
/** Returns the provider of a proof; `undefined` for other proofs. */
const providerOf = (proof) => /^provider:(.+)$/.exec(proof)?.[1];
const countsTwice = (name) => forms[name].dataset.factors === '2';
const choices = [...section.querySelectorAll('button[data-choice]')];

/**
 * Asks for one of several proofs.
 *
 * @param ask.send - Sends it, and returns the response.
 * @param ask.sendCode - Sends a code by email, and returns the response. Only with the factor `email_code`.
 * @param ask.isCodeSent - Whether it was sent already.
 * @param ask.done - Called with the response if the proof was accepted.
 * @param ask.cancel - Called if the user wants to do something else.
 */
export function askForProof(request) {
  const { factors, passkeyOptions, title, intro, send, sendCode, isCodeSent, done, cancel } = request;
  section.querySelector('[data-intro]').textContent = intro;
  for (const [name, form] of Object.entries(forms)) {
    form.reset();
    if (name === 'send_code') continue;
    onSubmit(form, async () => {
      const proof = await proofOf(name, passkeyOptions);
      if (!proof) return undefined;
      const answer = await send(proof);
      const isAccepted = answer.ok || answer.body.sign_in_token;
      if (!isAway(answer)) form.reset();
      if (isAccepted) return done(answer);
      const refusal = providerOf(name) ? 'other-identity' : refusals[name];
      const code = answer.code === 'invalid-proof' ? (refusal ?? answer.code) : answer.code;
      explain(form, { ...answer, code });
      return form.querySelector('input')?.focus();
    });
  }
  const usable = Object.keys(forms).filter(
    (name) =>
      factors.includes(name in factorOf ? factorOf[name] : name) &&
      (name !== 'passkey' || (hasPasskeys && passkeyOptions)),
  );
  for (const choice of choices) onClick(choice, () => choose(choice.dataset.choice, usable));
  onSubmit(forms.send_code, async (form) => {
    const answer = await sendCode();
    return answer.ok ? choose('email_code', usable) : explain(form, answer);
  });
  onClick(forms.email_code.querySelector('[data-again]'), () => choose('send_code', usable));
  onClick(section.querySelector('[data-cancel]'), () => {
    endVisit();
    cancel();
  });
  show('proof', title);
  choose(isCodeSent ? 'email_code' : (usable[0] ?? 'passkey'), usable);
  if (usable.length === 0) complain(forms.passkey, words.problems['no-passkeys'], null);
}

/** Returns a proof; `null` if there is none, and the form says why. */
async function proofOf(name, passkeyOptions) {
  const form = forms[name];
  const provider = providerOf(name);
  // Without a new sign-in there, anybody at the user's browser could confirm.
  if (provider) return signInElsewhere(form, provider, { prompt: 'login' });
  const value = name === 'passkey' ? await getPasskey(passkeyOptions) : form.elements[name].value;
  if (value !== null) return { [name]: value };
  complain(form, words.noPasskey, null);
  return null;
}

function choose(chosen, usable) {
  endVisit();
  for (const [name, form] of Object.entries(forms)) form.hidden = name !== chosen;
  for (const choice of choices) {
    const name = choice.dataset.choice;
    const isChosen = name === chosen || (name === 'send_code' && chosen === 'email_code');
    choice.hidden = isChosen || !usable.includes(name);
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
  const options = (body) => callAsUser('POST', 'users/me/reauthenticate/options', body);
  const { factors, email_code, passkey_options, providers } = (await options({})).body;
  const needsTwo = /acr_values="aal2"/.test(answer.header('WWW-Authenticate') ?? '');
  const elsewhere = providers.map((name) => `provider:${name}`);
  const renewed = await new Promise((resolve) => {
    askForProof({
      // A password is one factor, and so are a code by email and most providers.
      factors: needsTwo
        ? [...factors.filter((name) => name !== 'password'), ...elsewhere.filter(countsTwice)]
        : [...factors, ...(email_code ? ['email_code'] : []), ...elsewhere],
      sendCode: () => options({ send: 'email_code' }),
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
