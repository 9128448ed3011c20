// Sign-in: password, passkey or code by email, then a second factor if the account needs one.

import { call, continueSignIn, has, keep, resume } from './client.js';
import {
  announce,
  clearMessages,
  complain,
  explain,
  isAway,
  onClick,
  onSubmit,
  sectionOf,
  send,
  show,
  takeFromFragment,
  words,
} from '../forms.js';
import { enterApp, hasApp } from './app.js';
import { createPasskey, forget, getPasskey, hasPasskeys, offerAutofill, stopAutofill } from './passkeys.js';
import { askForProof } from './proofs.js';
import { showCodes, showSetup } from './setup.js';
import { showAccount } from './signed-in.js';
import { offerSignUp } from './ways-in/sign-up.js';
import { forgetCode, offerCodes, showLink, takeCode } from './ways-in/email-code.js';
import {
  askForMore,
  complainAboutLink,
  offerProviders,
  providers,
  takeResult,
  titleOf,
} from './ways-in/providers.js';
import { wordsFor } from './ways-in/visit.js';

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
  return offerAutofill(
    () => passkeyOptions(),
    (passkey) => usePasskey(form, passkey).catch(() => complain(form, words.away, null)),
  );
}

/** @param target - Form that explains why there are none. */
async function passkeyOptions(target = null) {
  const answer = await call('auth/passkeys/options');
  if (!answer.ok) {
    if (target) explain(target, answer);
    return null;
  }
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
      send: (proof) => continueSignIn(sign_in_token, proof),
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
  return recovery_codes ? showCodes(recovery_codes, arrive) : whenBack(arrive);
}

/** Adds the second factor that the role requires. */
function chooseFactor(sign_in_token, enrol) {
  const [totp, passkey] = sectionOf('enrol').querySelectorAll('form');
  totp.hidden = !enrol.includes('totp');
  onSubmit(totp, async () => {
    const answer = await beginEnrolment(sign_in_token, 'totp');
    if (!answer.ok) return explain(totp, answer);
    return showSetup(answer.body, (totp_code) => continueSignIn(sign_in_token, { totp_code }), enter, start);
  });
  offerNewPasskey(passkey, sign_in_token, enrol.includes('passkey'));
  announce('enrol');
}

/** Adds the first way to sign in of an account whose email address was just verified. */
function chooseFirstWay(sign_in_token) {
  const [passkey, password] = sectionOf('first-way').querySelectorAll('form');
  offerNewPasskey(passkey, sign_in_token);
  onSubmit(password, async () => {
    const new_password = password.elements.new_password.value;
    return enter(await continueSignIn(sign_in_token, { new_password }), password);
  });
  announce('first-way');
}

/** Offers to create a passkey, with which the sign-in goes on. */
function offerNewPasskey(target, sign_in_token, isAllowed = true) {
  target.hidden = !isAllowed || !hasPasskeys;
  onSubmit(target, async () => {
    const answer = await beginEnrolment(sign_in_token, 'passkey');
    if (!answer.ok) return explain(target, answer);
    const new_passkey = await createPasskey(answer.body);
    return new_passkey
      ? enter(await continueSignIn(sign_in_token, { new_passkey }), target)
      : complain(target, words.noNewPasskey, null);
  });
}

const beginEnrolment = (sign_in_token, type) => call('auth/login/enrol', { sign_in_token, type });

/** Goes on with a sign-in that comes back from a provider. */
async function enterWithProvider({ token, verifier }) {
  if (!verifier) return start(words.problems['invalid-sign-in']);
  const answer = await continueSignIn(token, { code_verifier: verifier });
  if (isAway(answer)) throw new Error('The sign-in can go on later.');
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
  // From the page of the verified address.
  const firstWayToken = takeFromFragment('enrol');
  const code = takeCode();
  const visit = result;
  result = null;
  const open = async () => {
    if (firstWayToken) chooseFirstWay(firstWayToken);
    else if (visit?.token) await enterWithProvider(visit);
    else if (await resume()) await (visit && !hasApp ? showLinked(visit) : arrive());
    else if (visit?.error) start(wordsFor(visit.error));
    else if (code) showLink(code, enter);
    else start();
  };
  // Nobody can tell whether there is a session, so nobody is asked to sign in.
  await whenBack(open);
}

/** Does something that needs no form; if the service is away, as soon as the user tries again. */
async function whenBack(work) {
  try {
    await work();
  } catch {
    onSubmit(sectionOf('away').querySelector('form'), work);
    announce('away');
  }
}

/** Shows the sign-in again when the session of an application has ended. */
function leaveApp(reason) {
  if (reason === 'expired') start(words.problems['invalid-token']);
  else announce(reason);
}

/** Opens the application of the page, leads to where the user came from, or shows the account. */
function arrive() {
  if (hasApp) return enterApp(leaveApp, providers());
  if (!returnPath || !has('cookie')) return showAccount();
  return location.replace(returnPath);
}

onSubmit(form, async () => {
  const { username, password } = form.elements;
  const answer = await call('auth/login', { username: username.value, password: password.value });
  if (answer.ok || answer.body.sign_in_token) stopAutofill();
  if (!isAway(answer)) password.value = '';
  await enter(answer);
  if (answer.code === 'invalid-credentials') password.focus();
});
onSubmit(passkeyForm, async () => {
  const options = await passkeyOptions(passkeyForm);
  if (!options) return;
  const passkey = await getPasskey(options);
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

offerProviders(location.search, enterWithProvider);
offerCodes(enter, start);
offerSignUp(enter);
// Opening a link to the current page does not reload it. In an application, the fragment is a place in it.
if (!hasApp) addEventListener('hashchange', () => void openPage());
await openPage();
