// The account after the sign-in: passkeys, authenticator app, recovery codes, password, deletion, sign-out.

import { callAsUser, has, signOut } from './client.js';
import {
  announce,
  complain,
  explain,
  isAway,
  onClick,
  onSubmit,
  restart,
  sectionOf,
  words,
} from '../forms.js';
import { announceAll, createPasskey, hasPasskeys } from './passkeys.js';
import { callWithProof } from './proofs.js';
import { showCodes, showSetup } from './setup.js';
import { offerLinks, ownIdentities } from './ways-in/providers.js';

const account = document.getElementById('account');
const part = (name) => account.querySelector(`[data-part=${name}]`);
const formOf = (name) => part(name).querySelector('form');
const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium' });

/**
 * Shows the account.
 *
 * @param message - Outcome of the last operation.
 */
export async function showAccount(message = '') {
  const get = (path) => callAsUser('GET', `users/me${path}`);
  const [user, factors, passkeys, proofs, identities] = await Promise.all([
    get(''),
    has('factors') ? get('/factors') : null,
    has('passkeys') ? get('/passkeys') : null,
    callAsUser('POST', 'users/me/reauthenticate/options', {}),
    ownIdentities(),
  ]);
  if (isAway(user)) throw new Error('The account can be shown later.');
  if (!user.ok) return restart(words.problems['invalid-token']);
  const apps = factors?.body.items.filter(({ type }) => type === 'totp') ?? [];
  const keys = passkeys?.body.items ?? [];
  account.querySelector('[data-name]').textContent = words.signedInAs.replace(
    '{username}',
    () => user.body.username,
  );
  account.querySelector('[role=status]').textContent = message;
  list('passkeys', keys, 'passkeys');
  list('apps', apps, 'factors');
  if (identities) list('identities', identities, 'identities');
  part('passkeys').hidden = !passkeys;
  formOf('passkeys').hidden = !hasPasskeys;
  part('apps').hidden = !factors;
  formOf('apps').hidden = apps.length > 0;
  part('codes').hidden = apps.length + keys.length === 0;
  part('codes').querySelector('[data-left]').textContent = words.codesLeft.replace(
    '{count}',
    String(factors?.body.recovery_codes_left ?? 0),
  );
  const hasPassword = proofs.body.factors.includes('password');
  part('password').hidden = !hasPassword || keys.length === 0;
  part('new-password').hidden = hasPassword;
  if (passkeys) void announceAll(passkeys.body);
  return announce('account');
}

/** Shows the passkeys or apps, each with a button to rename it and one to remove it. */
function list(name, items, route) {
  const template = part(name).querySelector('template');
  part(name)
    .querySelector('ul')
    .replaceChildren(
      ...items.map((item) => {
        const row = template.content.cloneNode(true);
        row.querySelector('b').textContent = item.name;
        row.querySelector('small').textContent = words.addedOn.replace(
          '{date}',
          day.format(new Date(item.created_at)),
        );
        const [rename, remove] = row.querySelectorAll('button');
        for (const button of [rename, remove])
          button.ariaLabel = `${button.textContent.trim()}: ${item.name}`;
        rename.hidden = name === 'identities';
        onClick(rename, () => askForName(item, `users/me/${route}/${item.id}`));
        onClick(remove, () => askForCertainty(name, `users/me/${route}/${item.id}`, item.name));
        return row;
      }),
    );
}

function askForName({ name }, path) {
  const form = sectionOf('rename').querySelector('form');
  form.elements.name.value = name;
  onClick(form.querySelector('[data-cancel]'), () => announce('account'));
  onSubmit(form, async () => {
    const answer = await callAsUser('PATCH', path, { name: form.elements.name.value });
    return answer.ok ? showAccount(words.renamed) : explain(form, answer);
  });
  announce('rename');
}

/** Asks before something is removed, and removes it. */
function askForCertainty(what, path, name = '') {
  const { title, text, button, done } = words.certainty[what];
  const heading = title.replace('{name}', () => name);
  const section = sectionOf('certainty');
  const form = section.querySelector('form');
  section.querySelector('p').textContent = text;
  form.querySelector('button').textContent = button;
  onClick(form.querySelector('[data-cancel]'), () => announce('account'));
  onSubmit(form, async () => {
    const answer = await callWithProof(what === 'codes' ? 'POST' : 'DELETE', path, undefined);
    if (!answer) return announce('account');
    if (!answer.ok) {
      announce('certainty', heading);
      return explain(form, answer);
    }
    if (what === 'account') return announce('deleted');
    return what === 'codes' ? showCodes(answer.body.recovery_codes, showAccount) : showAccount(done);
  });
  announce('certainty', heading);
}

onSubmit(formOf('passkeys'), async (form) => {
  const options = await callWithProof('POST', 'users/me/passkeys/options', {});
  if (!options?.ok) return fail(form, options);
  const passkey = await createPasskey(options.body);
  if (!passkey) {
    announce('account');
    return complain(form, words.noNewPasskey, null);
  }
  const answer = await callWithProof('POST', 'users/me/passkeys', { passkey });
  if (!answer?.ok) return fail(form, answer);
  const done = () => showAccount(words.passkeyAdded);
  const { recovery_codes } = answer.body;
  return recovery_codes ? showCodes(recovery_codes, done) : done();
});

onSubmit(formOf('apps'), async (form) => {
  const answer = await callWithProof('POST', 'users/me/factors/totp', {});
  if (!answer?.ok) return fail(form, answer);
  const { id } = answer.body;
  const confirm = (totp_code) => callAsUser('POST', 'users/me/factors/totp/confirm', { id, totp_code });
  const done = () => showAccount(words.appAdded);
  return showSetup(
    answer.body,
    confirm,
    ({ body }) => (body.recovery_codes?.length > 0 ? showCodes(body.recovery_codes, done) : done()),
    () => announce('account'),
  );
});

onSubmit(formOf('new-password'), async (form) => {
  const new_password = form.elements.new_password.value;
  const answer = await callWithProof('PUT', 'users/me/password', { new_password });
  if (!answer?.ok) return fail(form, answer);
  form.reset();
  return showAccount(words.passwordSet);
});

/** Returns to the account, and explains a failure, if there was a response. */
function fail(form, answer) {
  announce('account');
  if (answer) explain(form, answer);
}

offerLinks(fail);
onSubmit(formOf('codes'), () => askForCertainty('codes', 'users/me/recovery-codes'));
onSubmit(formOf('password'), () => askForCertainty('password', 'users/me/password'));
onSubmit(formOf('account'), () => askForCertainty('account', 'users/me'));
onSubmit(formOf('sign-out'), async () => {
  await signOut();
  announce('signed-out');
});
