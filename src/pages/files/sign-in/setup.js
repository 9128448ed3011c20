// Setting up an authenticator app, and the recovery codes that come with the first factor.

import { announce, explain, isAway, onClick, onSubmit, words } from '../forms.js';

const setup = document.getElementById('setup');
const codes = document.getElementById('codes');
const list = codes.querySelector('ol');
const copy = codes.querySelector('[data-copy]');

/**
 * Shows the secret for an authenticator app.
 *
 * @param send - Sends the first code of the app.
 * @param done - Called with the response if the code is right.
 */
export function showSetup({ secret, uri, qr_svg }, send, done, cancel) {
  setup.querySelector('img').src = `data:image/svg+xml,${encodeURIComponent(qr_svg)}`;
  setup.querySelector('code').textContent = secret.replace(/.{4}(?=.)/g, '$& ');
  setup.querySelector('a').href = uri;
  onClick(setup.querySelector('[data-cancel]'), () => cancel());
  const form = setup.querySelector('form');
  form.reset();
  onSubmit(form, async () => {
    const answer = await send(form.elements.totp_code.value);
    if (!isAway(answer)) form.reset();
    if (answer.ok) return done(answer);
    explain(form, answer);
    return form.elements.totp_code.focus();
  });
  announce('setup');
}

/** @param next - Called when the user has saved them. */
export function showCodes(recoveryCodes, next) {
  list.replaceChildren(
    ...recoveryCodes.map((code) => {
      const item = document.createElement('li');
      item.textContent = code;
      return item;
    }),
  );
  const status = codes.querySelector('[role=status]');
  status.textContent = '';
  copy.hidden = !navigator.clipboard;
  onClick(copy, async () => {
    await navigator.clipboard.writeText(recoveryCodes.join('\n'));
    status.textContent = words.copied;
  });
  onClick(codes.querySelector('[data-print]'), () => print());
  onSubmit(codes.querySelector('form'), () => {
    list.replaceChildren();
    return next();
  });
  announce('codes');
}
