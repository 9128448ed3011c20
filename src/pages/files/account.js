// Each page is a set of states, of which one is shown: the form, or what came of it.

const main = document.querySelector('main');
const heading = main.querySelector('h1');
const sections = [...main.querySelectorAll('section')];
const words = JSON.parse(main.dataset.words);
const registration = main.querySelector('[data-preview]');

/** Takes the token from the address, and out of it: there it would be seen, copied and kept in the history. */
function start() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';
  history.replaceState(null, '', location.pathname);
  for (const form of document.forms) form.reset();
  revealPassword();
  for (const input of main.querySelectorAll('input[name=token]')) input.value = token;
  show(token ? 'ready' : 'incomplete');
  if (token && registration) void showRegistration(token);
}

/** Says which account the link is for, so that nobody confirms a stranger's. A dead link says so when it is used. */
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
    // The page works without it.
  }
}

function show(state) {
  for (const section of sections) section.hidden = section.dataset.state !== state;
  main.dataset.state = state;
  heading.textContent = sections.find(({ hidden }) => !hidden).dataset.title;
  document.title = `${heading.textContent} - ${words.product}`;
}

/** Shows what came of it, and has it read out. */
function showOutcome(state) {
  show(state);
  heading.focus();
}

/** Sends a form, unless it is under way already. */
async function send(form) {
  const button = form.querySelector('button');
  // Not really disabled, because it would lose the focus.
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

/** Says why a form was refused: by a state that is called like the problem, at the field, or below the button. */
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

/** @param retryAfter - Seconds, if the server named them. */
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

/** What is wrong with a field is the first that describes it. */
function errorsOf(field) {
  return document.getElementById(field.getAttribute('aria-describedby').split(' ', 1)[0]);
}

function revealPassword() {
  const choice = document.getElementById('show-password');
  if (choice) document.getElementById('new-password').type = choice.checked ? 'text' : 'password';
}

/** "in 30 seconds", "in 2 hours"; rounded up, so that the next try is not too early. */
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
// Another link to the page that is open already loads nothing.
addEventListener('hashchange', start);
start();
