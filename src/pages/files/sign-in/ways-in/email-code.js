// Codes by email: the way in with one, and the link in the message.

import { call, continueSignIn, has, resume } from '../client.js';
import { announce, explain, onClick, onSubmit, sectionOf, takeFromFragment, words } from '../../forms.js';
import { askForProof } from '../proofs.js';

/** Until when this browser waits for a code. The token itself is in a cookie that no script can read. */
const NOTE = 'astra-code-until';

/** Sends a code, to an email address or for a sign-in that has begun. */
export async function sendCode(request) {
  const answer = await call('auth/email-code', request);
  if (answer.ok && has('cookie')) note(Date.now() + answer.body.expires_in * 1000);
  return answer;
}

/**
 * Offers to sign in with a code.
 *
 * @param enter - Called with the response after the code.
 * @param cancel - Called if the user wants to do something else.
 */
export function offerCodes(enter, cancel) {
  if (!has('codes')) return;
  const form = sectionOf('ask-code').querySelector('form');
  onClick(document.getElementById('ask-code'), () => {
    const { value } = document.getElementById('username');
    if (value.includes('@')) form.elements.email.value = value;
    announce('ask-code');
  });
  onSubmit(form, async () => {
    const email = form.elements.email.value;
    let answer = await sendCode({ email });
    if (!answer.ok) return explain(form, answer);
    return askForProof({
      ...{ factors: ['email_code'], isCodeSent: true, cancel, done: enter },
      ...{ title: words.codes.title, intro: words.codes.sent.replace('{email}', () => email) },
      sendCode: async () => {
        const next = await sendCode({ email });
        if (next.ok) answer = next;
        return next;
      },
      send: (proof) => continueSignIn(answer.body.sign_in_token, proof),
    });
  });
  // The link was used in another tab, which has deleted the note.
  addEventListener('storage', ({ key, newValue }) => {
    const isWaiting = document.querySelector('main').dataset.state === 'proof';
    if (key === NOTE && newValue === null && isWaiting) void goOn();
  });
}

/** Goes on with the session that another tab has started. */
async function goOn() {
  if (await resume()) location.reload();
}

/** Takes the code of an opened link out of the URL. Returns `null` if there is none. */
export function takeCode() {
  const code = takeFromFragment('code');
  return /^\d{8}$/.test(code) ? code : null;
}

/**
 * Shows an opened link: a button in the browser that has requested the code, and in any other one the code, which is worth
 * nothing there.
 */
export function showLink(code, enter) {
  if (!has('codes') || noted() < Date.now()) {
    sectionOf('relay').querySelector('output').textContent = code.replace(/^(.{4})/, '$1 ');
    return announce('relay');
  }
  const form = sectionOf('link').querySelector('form');
  onSubmit(form, async () => enter(await call('auth/login/continue', { email_code: code }), form));
  return announce('link');
}

/** The sign-in has ended. */
export function forgetCode() {
  note(null);
}

function note(time) {
  try {
    if (time === null) localStorage.removeItem(NOTE);
    else localStorage.setItem(NOTE, String(time));
  } catch {
    // Without storage, the link shows the code to enter.
  }
}

function noted() {
  try {
    return Number(localStorage.getItem(NOTE));
  } catch {
    return 0;
  }
}
