// Pages that links in messages open: the form, and its outcomes.

import { announce, ask, onSubmit, send, show, words } from './forms.js';

const registration = document.querySelector('[data-preview]');

/** Moves the token from the URL into the forms, since in the URL it could be seen, copied and stored in the history. */
function start() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  history.replaceState(null, '', location.pathname);
  for (const form of document.forms) form.reset();
  revealPassword();
  for (const input of document.querySelectorAll('input[name=token]')) input.value = token;
  show(token ? 'ready' : 'incomplete');
  if (token && registration) void showRegistration(token);
}

/** Shows the account of the link, so that nobody confirms a stranger's. An invalid link is reported when it is used. */
async function showRegistration(token) {
  registration.textContent = '';
  try {
    const answer = await ask('POST', registration.dataset.preview, { body: { token } });
    if (!answer.ok) return;
    const { username, registered_at, registered_from } = answer.body;
    const format = new Intl.DateTimeFormat(document.documentElement.lang, {
      dateStyle: 'long',
      timeStyle: 'short',
    });
    const when = format.format(new Date(registered_at));
    registration.textContent = words.registration
      .replace('{username}', () => username)
      .replace('{when}', () => (registered_from ? `${when} (${registered_from})` : when));
  } catch {
    // The page works without the details.
  }
}

/** Shows the outcome. An account without a way to sign in gets its first one on the sign-in page. */
function goOn(form, { body: { sign_in_token } }) {
  // Like that of a link: the fragment is sent to no server, and leaves the URL at once.
  if (sign_in_token) location.replace(`sign-in#enrol=${sign_in_token}`);
  else announce(form.dataset.next);
}

function revealPassword() {
  const choice = document.getElementById('show-password');
  if (choice) document.getElementById('new-password').type = choice.checked ? 'text' : 'password';
}

for (const form of document.forms) onSubmit(form, (sent) => send(sent, (answer) => goOn(sent, answer)));
document.getElementById('show-password')?.addEventListener('change', revealPassword);
// Opening another link to the current page does not reload it.
addEventListener('hashchange', start);
start();
