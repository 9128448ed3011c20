// A page is a set of states, one of which is visible: the form, or its outcome.

const main = document.querySelector('main');
const heading = main.querySelector('h1');
const sections = [...main.querySelectorAll('section')];
const words = JSON.parse(main.dataset.words);
const registration = main.querySelector('[data-preview]');

/** Moves the token from the URL into the forms, since in the URL it could be seen, copied and stored in the history. */
function start() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  history.replaceState(null, '', location.pathname);
  for (const form of document.forms) form.reset();
  revealPassword();
  for (const input of main.querySelectorAll('input[name=token]')) input.value = token;
  show(token ? 'ready' : 'incomplete');
  if (token && registration) void showRegistration(token);
}

/** Shows the account of the link, so that nobody confirms a stranger's. An invalid link is reported when it is used. */
async function showRegistration(token) {
  registration.textContent = '';
  try {
    const response = await fetch(registration.dataset.preview, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
      credentials: 'omit',
      signal: AbortSignal.timeout(20_000),
    });
    if (!response.ok) return;
    const { username, registered_at, registered_from } = await response.json();
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

function show(state) {
  for (const section of sections) section.hidden = section.dataset.state !== state;
  main.dataset.state = state;
  heading.textContent = sections.find(({ hidden }) => !hidden).dataset.title;
  document.title = `${heading.textContent} - ${words.product}`;
}

/** Shows an outcome, and moves the focus so that screen readers announce it. */
function showOutcome(state) {
  show(state);
  heading.focus();
}

/** Sends a form unless it is already being sent. */
async function send(form) {
  const button = form.querySelector('button');
  // Not disabled, which would lose the focus.
  if (button.ariaDisabled) return;
  button.ariaDisabled = 'true';
  clearMessages(form);
  try {
    const response = await fetch(button.hasAttribute('formaction') ? button.formAction : form.action, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
      credentials: 'omit',
      signal: AbortSignal.timeout(20_000),
    });
    if (response.ok) {
      form.reset();
      showOutcome(form.dataset.next);
    } else {
      await explain(form, response);
    }
  } catch {
    complain(form, words.away, null);
  } finally {
    button.ariaDisabled = null;
  }
}

/** Explains why a form was rejected: with a state named like the problem, at the field, or below the button. */
async function explain(form, response) {
  const { type = '', errors = [] } = await response.json();
  const isTokenWrong = errors.some(({ loc }) => loc.at(-1) === 'token');
  const state = isTokenWrong ? 'invalid-token' : type.split('/').at(-1);
  if (sections.some((section) => section.dataset.state === state)) showOutcome(state);
  else if (errors.length > 0) showErrors(form, errors);
  else
    complain(
      form,
      response.status === 429 ? words.tooManyTries : words.away,
      response.headers.get('Retry-After'),
    );
}

function showErrors(form, errors) {
  for (const field of form.querySelectorAll('[aria-describedby]')) {
    const own = errors.filter(({ loc }) => loc.at(-1) === field.name);
    if (own.length === 0) continue;
    errorsOf(field).replaceChildren(
      ...own.map(({ code, msg }) => {
        const paragraph = document.createElement('p');
        paragraph.textContent = words.inputErrors[code] ?? msg;
        return paragraph;
      }),
    );
    field.ariaInvalid = 'true';
    field.focus();
  }
}

/**
 * Shows an error below the button.
 *
 * @param retryAfter - Seconds, if the server stated them.
 */
function complain(form, message, retryAfter) {
  form.querySelector('.alert').textContent = message.replace('{when}', inWords(Number(retryAfter)));
}

function clearMessages(form) {
  form.querySelector('.alert').textContent = '';
  for (const field of form.querySelectorAll('[aria-describedby]')) {
    errorsOf(field).replaceChildren();
    field.ariaInvalid = null;
  }
}

/** Returns the element for errors of a field: the first one that describes it. */
function errorsOf(field) {
  return document.getElementById(field.getAttribute('aria-describedby').split(' ', 1)[0]);
}

function revealPassword() {
  const choice = document.getElementById('show-password');
  if (choice) document.getElementById('new-password').type = choice.checked ? 'text' : 'password';
}

/** Formats a delay: "in 30 seconds", "in 2 hours". Rounded up, so that the next attempt is not too early. */
function inWords(seconds) {
  if (!(seconds > 0)) return words.shortly;
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang);
  if (seconds < 120) return format.format(Math.ceil(seconds), 'second');
  if (seconds < 2 * 3600) return format.format(Math.ceil(seconds / 60), 'minute');
  return format.format(Math.ceil(seconds / 3600), 'hour');
}

for (const form of document.forms) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void send(form);
  });
}
document.getElementById('show-password')?.addEventListener('change', revealPassword);
// Opening another link to the current page does not reload it.
addEventListener('hashchange', start);
start();
