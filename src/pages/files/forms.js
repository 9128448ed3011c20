// Part of all pages. A page is a set of states, one of which is visible, and its forms are sent by script.

const main = document.querySelector('main');
const heading = main.querySelector('h1');
const sections = [...main.querySelectorAll('section')];
export const words = JSON.parse(main.dataset.words);

/** Returns the section of a state; `undefined` if the page does not have it. */
export const sectionOf = (state) => sections.find((section) => section.dataset.state === state);

/** @param title - Replaces the title of the state. */
export function show(state, title) {
  for (const section of sections) section.hidden = section.dataset.state !== state;
  const { dataset } = sections.find(({ hidden }) => !hidden);
  main.dataset.state = state;
  main.dataset.sign = dataset.sign ?? '';
  heading.textContent = title ?? dataset.title;
  document.title = `${heading.textContent} - ${words.product}`;
  scrollTo(0, 0);
}

/** Shows a state, and moves the focus so that screen readers announce it. */
export function announce(state, title) {
  show(state, title);
  heading.focus();
}

/** Takes a value out of the fragment of the URL, where it could be seen and copied. Returns `null` if there is none. */
export function takeFromFragment(name) {
  const value = new URLSearchParams(location.hash.slice(1)).get(name);
  if (value !== null) history.replaceState(null, '', location.pathname + location.search);
  return value;
}

/**
 * Sends a request to the API.
 *
 * @throws if there is no response of the API.
 */
export async function ask(method, url, { body, headers, credentials = 'omit' } = {}) {
  const request = {
    method,
    headers: { ...(body && { 'Content-Type': 'application/json' }), ...headers },
    body: body && JSON.stringify(body),
    credentials,
    signal: AbortSignal.timeout(20_000),
  };
  const response = await fetch(url, request);
  const text = await response.text();
  const json = text ? JSON.parse(text) : {};
  return {
    status: response.status,
    ok: response.ok,
    body: json,
    /** Of the problem. */
    code: response.ok ? undefined : (json.type ?? '').split('/').at(-1),
    header: (name) => response.headers.get(name),
  };
}

/** Whether a response says nothing but that the service cannot be used now. What was entered stays for the next attempt. */
export const isAway = ({ status }) => status === 429 || status >= 500;

const works = new WeakMap();

/** Sets the work of a form, in place of an earlier one. It is done at a submission unless it is already being done. */
export function onSubmit(form, work) {
  if (!works.has(form)) form.addEventListener('submit', (event) => void submit(event, form));
  works.set(form, work);
}

/** Sets what a button does that submits no form, in place of something earlier. */
export function onClick(button, work) {
  if (!works.has(button)) button.addEventListener('click', () => void works.get(button)());
  works.set(button, work);
}

async function submit(event, form) {
  event.preventDefault();
  const button = form.querySelector('button:not([type=button])');
  // Not disabled, which would lose the focus.
  if (button.ariaDisabled) return;
  button.ariaDisabled = 'true';
  clearMessages(form);
  try {
    await works.get(form)(form);
  } catch {
    complain(form, words.away, null);
  } finally {
    button.ariaDisabled = null;
  }
}

/**
 * Sends a form with an `action`.
 *
 * @param next - Called with the response of the API. Default: shows the state after the form.
 */
export async function send(form, next = () => announce(form.dataset.next)) {
  const button = form.querySelector('button');
  const url = button.hasAttribute('formaction') ? button.formAction : form.action;
  const answer = await ask('POST', url, { body: Object.fromEntries(new FormData(form)) });
  if (!answer.ok) return explain(form, answer);
  form.reset();
  return next(answer);
}

/**
 * Explains why a form was rejected: with a state named like the problem, at the field, or below the button. If the user has
 * to sign in again, the page begins anew at the event `restart`.
 */
export function explain(form, answer) {
  const { errors = [], detail } = answer.body;
  const isTokenWrong = errors.some(({ loc }) => loc.at(-1) === 'token');
  const state = isTokenWrong ? 'invalid-token' : answer.code;
  if (sectionOf(state)) announce(state);
  else if (['invalid-sign-in', 'invalid-token'].includes(answer.code)) restart(words.problems[answer.code]);
  else if (errors.length > 0) showErrors(form, errors);
  else if (answer.status === 429) complain(form, words.tooManyTries, answer.header('Retry-After'));
  else if (answer.status >= 500) complain(form, words.away, answer.header('Retry-After'));
  else complain(form, words.problems[answer.code] ?? detail ?? words.away, null);
}

/** @param message - Reason, if it is not the user's wish. */
export function restart(message) {
  dispatchEvent(new CustomEvent('restart', { detail: message }));
}

function showErrors(form, errors) {
  const strayed = new Set(errors);
  let first;
  for (const field of form.querySelectorAll('[aria-describedby]')) {
    const own = errors.filter(({ loc }) => loc.at(-1) === field.name);
    if (own.length === 0) continue;
    for (const error of own) strayed.delete(error);
    errorsOf(field).replaceChildren(
      ...own.map((error) => {
        const paragraph = document.createElement('p');
        paragraph.textContent = messageOf(error);
        return paragraph;
      }),
    );
    field.ariaInvalid = 'true';
    first ??= field;
  }
  first?.focus();
  if (strayed.size > 0) complain(form, messageOf([...strayed][0]), null);
}

/** Returns the message in the language of the page; that of the API if there is none. */
function messageOf({ loc, code, msg }) {
  return words.fields[`${loc[1]}.${code}`] ?? words.fields[code] ?? msg;
}

/**
 * Shows an error below the button.
 *
 * @param retryAfter - Seconds, if the server stated them.
 */
export function complain(form, message, retryAfter) {
  form.querySelector('.alert').textContent = message.replace('{when}', inWords(Number(retryAfter)));
}

/** Clears the messages of all forms that are shown together with this one. */
export function clearMessages(form) {
  const section = form.closest('section');
  for (const alert of section.querySelectorAll('.alert')) alert.textContent = '';
  for (const field of section.querySelectorAll('[aria-describedby]')) {
    errorsOf(field).replaceChildren();
    field.ariaInvalid = null;
  }
}

/** Returns the element for errors of a field: the first one that describes it. */
function errorsOf(field) {
  return document.getElementById(field.getAttribute('aria-describedby').split(' ', 1)[0]);
}

/** Formats a delay: "in 30 seconds", "in 2 hours". Rounded up, so that the next attempt is not too early. */
function inWords(seconds) {
  if (!(seconds > 0)) return words.shortly;
  const format = new Intl.RelativeTimeFormat(document.documentElement.lang);
  if (seconds < 120) return format.format(Math.ceil(seconds), 'second');
  if (seconds < 2 * 3600) return format.format(Math.ceil(seconds / 60), 'minute');
  return format.format(Math.ceil(seconds / 3600), 'hour');
}
