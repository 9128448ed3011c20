// Sign-in: password, passkey or code by email, then a second factor if the account needs one.

import { call, has, keep, resume } from './client.js';
import {
  announce,
  clearMessages,
  complain,
  explain,
  onClick,
  onSubmit,
  send,
  show,
  words,
} from '../forms.js';
import { createPasskey, forget, getPasskey, hasPasskeys, offerAutofill, stopAutofill } from './passkeys.js';
import { askForProof } from './proofs.js';
import { showCodes, showSetup } from './setup.js';
import { showAccount } from './signed-in.js';
import { forgetCode, offerCodes, showLink, takeCode } from './ways-in/email-code.js';
import {
  askForMore,
  complainAboutLink,
  offerProviders,
  redeem,
  takeResult,
  titleOf,
  wordsFor,
} from './ways-in/providers.js';

const form = document.getElementById('sign-in');
const passkeyForm = document.getElementById('passkey-sign-in');
/** Domain of the passkeys. */
let rpId = null;
/** Result of a visit to a provider, which leaves the URL before the rest of it is read. */
let result = takeResult();
const returnPath = checkedPath(new URLSearchParams(location.search).getAll('return_to'));

/** Returns a path of this origin; `null` for anything that a browser could take for another one. */
function checkedPath([path, ...more]) {
  if (more.length > 0 || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(path ?? '')) return null;
  const { origin, href, pathname } = new URL(path, location.origin);
  return origin === location.origin && !pathname.startsWith('//') ? href : null;
}

/**
 * Shows the form.
 *
 * @param message - Reason why the user has to sign in again, if there is one.
 */
function start(message = '') {
  form.elements.password.value = '';
  passkeyForm.hidden = !hasPasskeys;
  clearMessages(form);
  complain(form, message, null);
  if (message) announce('sign-in');
  else show('sign-in');
  void offer();
}

/** Is not waited for: it ends when a passkey is chosen. */
function offer() {
  return offerAutofill(passkeyOptions, (passkey) =>
    usePasskey(form, passkey).catch(() => complain(form, words.away, null)),
  );
}

async function passkeyOptions() {
  const answer = await call('auth/passkeys/options');
  if (!answer.ok) return null;
  ({ rpId } = answer.body);
  return answer.body;
}

async function usePasskey(target, passkey) {
  const answer = await call('auth/passkeys/login', { passkey });
  if (answer.ok) {
    await enter(answer);
    return;
  }
  if (answer.code === 'unknown-passkey') void forget(passkey, rpId);
  clearMessages(form);
  explain(target, answer);
  void offer();
}

/** Goes on after a response to a sign-in. */
async function enter(answer, target = form) {
  const { sign_in_token, factors, passkey_options, enrol } = answer.body;
  if (answer.code === 'factor-required') {
    return askForProof({
      ...{ factors, passkeyOptions: passkey_options, intro: words.secondFactor },
      send: (proof) => call('auth/login/continue', { sign_in_token, ...proof }),
      done: enter,
      cancel: start,
    });
  }
  if (askForMore(answer, enter, start)) return undefined;
  if (answer.code === 'factor-enrolment-required') return chooseFactor(sign_in_token, enrol);
  if (!answer.ok) return explain(target, answer);
  keep(answer.body);
  forgetCode();
  form.reset();
  const { recovery_codes } = answer.body;
  return recovery_codes ? showCodes(recovery_codes, arrive) : arrive();
}

/** Adds the second factor that the role requires. */
function chooseFactor(sign_in_token, enrol) {
  const begin = (type) => call('auth/login/enrol', { sign_in_token, type });
  const finish = (proof) => call('auth/login/continue', { sign_in_token, ...proof });
  const { totp, passkey } = Object.fromEntries(
    [...document.querySelectorAll('section[data-state=enrol] form')].map((choice) => [
      choice.dataset.type,
      choice,
    ]),
  );
  totp.hidden = !enrol.includes('totp');
  passkey.hidden = !enrol.includes('passkey') || !hasPasskeys;
  onSubmit(totp, async () => {
    const answer = await begin('totp');
    if (!answer.ok) return explain(totp, answer);
    return showSetup(answer.body, (totp_code) => finish({ totp_code }), enter, start);
  });
  onSubmit(passkey, async () => {
    const answer = await begin('passkey');
    if (!answer.ok) return explain(passkey, answer);
    const new_passkey = await createPasskey(answer.body);
    return new_passkey
      ? enter(await finish({ new_passkey }), passkey)
      : complain(passkey, words.noNewPasskey, null);
  });
  announce('enrol');
}

/** Adds the first way to sign in of an account whose email address was just verified. */
function chooseFirstWay(sign_in_token) {
  const finish = async (proof, form) =>
    enter(await call('auth/login/continue', { sign_in_token, ...proof }), form);
  const [passkey, password] = document.querySelectorAll('#first-way form');
  passkey.hidden = !hasPasskeys;
  onSubmit(passkey, async () => {
    const answer = await call('auth/login/enrol', { sign_in_token, type: 'passkey' });
    if (!answer.ok) return explain(passkey, answer);
    const new_passkey = await createPasskey(answer.body);
    return new_passkey ? finish({ new_passkey }, passkey) : complain(passkey, words.noNewPasskey, null);
  });
  onSubmit(password, () => finish({ new_password: password.elements.new_password.value }, password));
  announce('first-way');
}

/** Takes the sign-in token out of the URL, where the page of the verified address has put it. */
function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get('enrol');
  if (token) history.replaceState(null, '', location.pathname + location.search);
  return token;
}

/** Goes on with a sign-in that comes back from a provider. */
async function enterWithProvider({ token, verifier }) {
  if (!verifier) return start(words.problems['invalid-sign-in']);
  const answer = await redeem(token, verifier);
  if (answer.ok || answer.body.sign_in_token) return enter(answer);
  start();
  return explain(form, answer);
}

/** Shows whether an identity was connected. */
async function showLinked({ linked, error }) {
  await showAccount(linked ? words.providers.linked.replace('{title}', () => titleOf(linked)) : '');
  if (error) complainAboutLink(error);
}

/** Shows what the page was opened for. */
async function openPage() {
  const firstWayToken = takeToken();
  const code = takeCode();
  const visit = result;
  result = null;
  try {
    if (firstWayToken) chooseFirstWay(firstWayToken);
    else if (visit?.token) await enterWithProvider(visit);
    else if (await resume()) await (visit ? showLinked(visit) : arrive());
    else if (visit?.error) start(wordsFor(visit.error));
    else if (code) showLink(code, enter);
    else start();
  } catch {
    start(words.away);
  }
}

/** Leads to where the user came from, or shows the account. */
function arrive() {
  if (!returnPath || !has('cookie')) return showAccount();
  return location.replace(returnPath);
}

onSubmit(form, async () => {
  const { username, password } = form.elements;
  const answer = await call('auth/login', { username: username.value, password: password.value });
  if (answer.ok || answer.body.sign_in_token) stopAutofill();
  password.value = '';
  await enter(answer);
  if (answer.code === 'invalid-credentials') password.focus();
});
onSubmit(passkeyForm, async () => {
  const options = await passkeyOptions();
  const passkey = options && (await getPasskey(options));
  if (passkey) await usePasskey(passkeyForm, passkey);
  else {
    complain(passkeyForm, words.noPasskey, null);
    void offer();
  }
});
for (const other of document.querySelectorAll('form[action]')) onSubmit(other, send);
for (const button of document.querySelectorAll('[data-show]'))
  onClick(button, () => (button.dataset.show === 'sign-in' ? start() : announce(button.dataset.show)));
addEventListener('restart', ({ detail }) => start(detail));

offerProviders(location.search);
offerCodes(enter, start);
// Opening a link to the current page does not reload it.
addEventListener('hashchange', () => void openPage());
await openPage();
