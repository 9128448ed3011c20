// A new account. Users who chose a password are signed in at once, unless the email address has to be verified first.

import { call, has } from '../client.js';
import { announce, explain, isAway, onClick, onSubmit, restart, sectionOf, words } from '../../forms.js';

/** @param enter - Called with the response to the sign-in of the new account. */
export function offerSignUp(enter) {
  const form = sectionOf('sign-up')?.querySelector('form');
  if (!form) return;
  onClick(document.getElementById('ask-sign-up'), () => {
    announce('sign-up');
    form.elements.username.focus();
  });
  onSubmit(form, async () => {
    const account = Object.fromEntries(new FormData(form));
    const answer = await call('auth/register', account);
    if (answer.code === 'email-taken') return explain(form, { ...answer, code: 'own-email-taken' });
    if (!answer.ok) return explain(form, answer);
    // With strict privacy, nobody but the owner of the address learns more.
    if (has('verify-first') || answer.status === 202) announce('signed-up');
    else await signIn(account, enter);
    return form.reset();
  });
}

/** Signs in to the new account, or leaves what was entered in the form to sign in. */
async function signIn({ username, password }, enter) {
  const answer = await call('auth/login', { username, password }).catch(() => null);
  if (answer && !isAway(answer)) return enter(answer);
  restart(words.signUp.later);
  const { elements } = document.getElementById('sign-in');
  Object.assign(elements.username, { value: username });
  return Object.assign(elements.password, { value: password });
}
