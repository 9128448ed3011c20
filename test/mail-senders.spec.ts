import { mailKinds } from '../src/mail/mail-kinds.js';
import type { MailTemplate } from '../src/settings/mail/mail-language.js';
import { checkedMailBudgets, type MailBudgets } from '../src/settings/mail/mail-budgets.js';
import { UsersService } from '../src/users/users.service.js';
import { totpCode } from './support/authenticator.js';
import { eventually } from './support/eventually.js';
import { runScheduled } from './support/run-scheduled.js';
import { MailService, publicUrl, tokenIn } from './support/mail-service.js';
import { SoftAuthenticator, type SoftAuthenticatorOptions } from '../src/testing/index.js';
import { addPasskey, passkeySignIn } from './support/passkey-holder.js';
import { ProviderBrowser } from './support/provider-browser.js';
import { CLIENT, TestIssuer } from './support/test-issuer.js';
import { ada } from './support/test-service.js';

const { password } = ada;
const kinds = Object.keys(mailKinds) as MailTemplate[];
const budgets = checkedMailBudgets();

let issuer: TestIssuer;
let app: MailService;
let admin: string;
beforeAll(async () => {
  // Without limits by IP address and account, what one client may do is no less than with them.
  issuer = await TestIssuer.start();
  app = await MailService.start({
    signInMethods: ['password', 'passkey', 'email-code'],
    auth: { providers: { acme: { ...CLIENT, issuer: issuer.url } } },
    webhooks: true,
  });
  const { id, access_token } = await app.service.signUp({ username: 'chief', email: 'chief@example.org' });
  await app.service.app.get(UsersService, { strict: false }).update(id, { role: 'admin' });
  admin = access_token;
});
afterAll(async () => {
  await app.stop();
  await issuer.stop();
});

const query = (sql: string, ...parameters: unknown[]) => app.service.database.query(sql, parameters);

/** Waits until all mail that is due has been sent. */
const sent = () =>
  eventually(async () => {
    const due = await query(
      `SELECT name FROM astra_jobs.job WHERE state <= 'active' AND start_after <= now() AND name !~ '^(__|dead)'`,
    );
    expect(due).toEqual([]);
  }, 20_000);

let people = 0;
/** Somebody new, whose address is verified, in the place of whoever has that address. */
async function someoneAt(email: string) {
  const username = `person${++people}`;
  await query('DELETE FROM auth_users WHERE lower(email) = lower($1)', email);
  await query('DELETE FROM auth_email_undos WHERE lower(email) = lower($1)', email);
  const person = await app.service.signUp({ username, email });
  await query('UPDATE auth_users SET email_verified_at = now() WHERE id = $1', person.id);
  return { ...person, username, email };
}

/** Connects a new identity at the provider to an account. */
async function linkIdentity({ access_token }: { access_token: string }) {
  issuer.user = { sub: `subject${++people}` };
  const way = { linkAs: access_token, redirectTo: `${publicUrl}/account` };
  const target = await new ProviderBrowser(app.service).walk('acme', way);
  if (!target.linked) throw new Error(JSON.stringify(target));
}

/** Adds an authenticator app to somebody new. */
async function withFactor(email: string) {
  const person = await someoneAt(email);
  const { access_token } = person;
  const { id, secret } = (await app.service.post('/users/me/factors/totp', {}, access_token)).body;
  const confirmation = { id, totp_code: totpCode(secret) };
  const { body } = await app.service.post('/users/me/factors/totp/confirm', confirmation, access_token);
  return { ...person, id: id as string, codes: body.recovery_codes as string[] };
}

/** As {@link someoneAt}, with a session that knows that the address is verified, and an authenticator. */
async function holderAt(email: string, options: Partial<SoftAuthenticatorOptions> = {}) {
  const { username, id } = await someoneAt(email);
  const tokens = await app.service.signIn({ username, password });
  const authenticator = new SoftAuthenticator({ origin: new URL(publicUrl).origin, ...options });
  return { ...tokens, id, username, email, authenticator };
}

async function latestToken(template: MailTemplate, to: string): Promise<string | undefined> {
  await sent();
  const mail = app.received(template, to).at(-1);
  return mail && tokenIn(mail);
}

/** Moves an account to another address, if a link for that is sent. */
async function move(from: { access_token: string }, to: string): Promise<boolean> {
  const change = { new_email: to, current_password: password };
  await app.service.post('/users/me/email', change, from.access_token);
  const token = await latestToken('confirm-email-change', to);
  return (await app.service.post('/auth/email/confirm', { token })).status === 200;
}

/** Has a message of its kind sent to a mailbox, over HTTP, if it gets one more. */
type Driver = (mailbox: string) => Promise<unknown>;

const drivers: Record<MailTemplate, Driver> = {
  'verify-email': async (email) => {
    await query('DELETE FROM auth_users WHERE lower(email) = lower($1)', email);
    await app.service.signUp({ username: `person${++people}`, email });
    await app.service.post('/auth/verify-email/request', { email });
  },
  'reset-password': async (email) => {
    await someoneAt(email);
    await app.service.post('/auth/password/forgot', { email });
  },
  'email-code': async (email) => {
    await someoneAt(email);
    await app.service.post('/auth/email-code', { email });
    // Other changes of the account end a code that was not sent yet.
    await sent();
  },
  'set-password': async (email) => {
    await query('DELETE FROM auth_users WHERE lower(email) = lower($1)', email);
    await app.service.post('/admin/users', { username: `person${++people}`, email }, admin);
  },
  'password-ended': async (email) => {
    const { id } = await someoneAt(email);
    await app.service.post(`/admin/users/${id}/password-reset`, undefined, admin);
  },
  'confirm-email-change': async (email) => {
    const other = await someoneAt(`asker${++people}@example.org`);
    await query('DELETE FROM auth_users WHERE lower(email) = lower($1)', email);
    const change = { new_email: email, current_password: password };
    await app.service.post('/users/me/email', change, other.access_token);
  },
  'email-change-notice': async (email) => {
    const { access_token } = await someoneAt(email);
    const change = { new_email: `elsewhere${++people}@example.org`, current_password: password };
    await app.service.post('/users/me/email', change, access_token);
  },
  'email-changed': async (email) => move(await someoneAt(email), `new${++people}@example.org`),
  'email-change-undone': async (email) => {
    const old = `old${++people}@example.org`;
    const person = await someoneAt(old);
    await query('DELETE FROM auth_users WHERE lower(email) = lower($1)', email);
    if (!(await move(person, email))) return;
    await app.service.post('/auth/email/undo', { token: await latestToken('email-changed', old) });
  },
  'factor-added': async (email) => void (await withFactor(email)),
  'factor-removed': async (email) => {
    const { id, access_token } = await withFactor(email);
    await app.service.delete(`/users/me/factors/${id}`, access_token);
  },
  'recovery-code-used': async (email) => {
    const { username, codes } = await withFactor(email);
    const { sign_in_token } = (await app.service.post('/auth/login', { username, password })).body;
    await app.service.post('/auth/login/continue', { sign_in_token, recovery_code: codes[0] });
  },
  'recovery-codes-replaced': async (email) => {
    const { access_token } = await withFactor(email);
    await app.service.post('/users/me/recovery-codes', undefined, access_token);
  },
  'password-known': async (email) => {
    const { username } = await withFactor(email);
    const { sign_in_token } = (await app.service.post('/auth/login', { username, password })).body;
    for (let i = 0; i < 5; i++)
      await app.service.post('/auth/login/continue', { sign_in_token, recovery_code: '00000-00000' });
  },
  'username-changed': async (email) => {
    const { access_token } = await someoneAt(email);
    await app.service.patch('/users/me', { username: `renamed${people}` }, access_token);
  },
  'password-changed': async (email) => {
    const { access_token } = await someoneAt(email);
    const change = { current_password: password, new_password: 'Nanosecond30cm' };
    await app.service.post('/users/me/password', change, access_token);
  },
  'password-removed': async (email) => {
    const holder = await holderAt(email);
    await addPasskey(app.service, holder);
    await app.service.delete('/users/me/password', holder.access_token);
  },
  'new-sign-in': async (email) => {
    const { username } = await someoneAt(email);
    const headers = {
      'user-agent': `Mozilla/5.0 (X11; Linux x86_64; rv:${++people}.0) Gecko/20100101 Firefox/128.0`,
    };
    await app.service.request('POST', '/auth/login', { body: { username, password }, headers });
  },
  'api-key-created': async (email) => {
    const { access_token } = await someoneAt(email);
    const key = { name: 'Export', scopes: ['profile:read'] };
    await app.service.post('/users/me/api-keys', key, access_token);
  },
  'api-key-expires': async (email) => {
    const { id, access_token } = await someoneAt(email);
    const key = { name: 'Export', scopes: ['profile:read'] };
    await app.service.post('/users/me/api-keys', key, access_token);
    // Its own notice is another message.
    await query(
      `UPDATE auth_api_keys SET expires_at = now() + interval '6 days', created_at = now() - interval '84 days' WHERE user_id = $1`,
      id,
    );
    await runScheduled(app.service, 'warn-api-keys');
  },
  'passkey-added': async (email) => {
    await addPasskey(app.service, await holderAt(email));
  },
  'passkey-removed': async (email) => {
    const holder = await holderAt(email);
    const id = await addPasskey(app.service, holder);
    await app.service.delete(`/users/me/passkeys/${id}`, holder.access_token);
  },
  'passkey-copied': async (email) => {
    const holder = await holderAt(email, { synced: false });
    await addPasskey(app.service, holder);
    await passkeySignIn(app.service, holder.authenticator);
    await passkeySignIn(app.service, holder.authenticator, (parts) => (parts.signCount = 1));
  },
  'identity-linked': async (email) => {
    await linkIdentity(await someoneAt(email));
  },
  'identity-unlinked': async (email) => {
    const person = await someoneAt(email);
    await linkIdentity(person);
    const { body } = await app.service.get('/users/me/identities', person.access_token);
    await app.service.delete(`/users/me/identities/${body.items[0].id}`, person.access_token);
  },
  'session-replayed': async (email) => {
    const person = await someoneAt(email);
    let { refresh_token } = person;
    for (let i = 0; i < 3; i++)
      ({ refresh_token } = (await app.service.post('/auth/refresh', { refresh_token })).body);
    await app.service.post('/auth/refresh', { refresh_token: person.refresh_token });
  },
  'account-deactivated': async (email) => {
    const { id } = await someoneAt(email);
    await app.service.patch(`/admin/users/${id}`, { is_active: false }, admin);
  },
  'account-deleted': async (email) => {
    const { id } = await someoneAt(email);
    await app.service.delete(`/admin/users/${id}`, admin);
  },
  'webhook-disabled': async (email) => {
    const { id } = await someoneAt(email);
    await app.service.app.get(UsersService, { strict: false }).update(id, { role: 'admin' });
    // That is an inner address, so nothing can be delivered.
    const webhook = { url: 'https://localhost/', types: ['ping'] };
    const { body } = await app.service.post('/admin/webhooks', webhook, admin);
    await query(`UPDATE auth_webhooks SET failing_since = now() - interval '6 days' WHERE id = $1`, body.id);
    await app.service.post(`/admin/webhooks/${body.id}/test`, undefined, admin);
    await eventually(async () => {
      expect((await app.service.get(`/admin/webhooks/${body.id}`, admin)).body.enabled).toBe(false);
    }, 10_000);
    await app.service.delete(`/admin/webhooks/${body.id}`, admin);
  },
  'registration-attempt': async (email) => {
    await someoneAt(email);
    const other = await someoneAt(`asker${++people}@example.org`);
    const change = { new_email: email, current_password: password };
    await app.service.post('/users/me/email', change, other.access_token);
  },
  digest: async (email) => {
    for (let i = 0; i <= budgets.notices.hour; i++) await drivers['username-changed'](email);
    await sent();
    // Its time has come, as an hour later.
    await query(`UPDATE auth_mail_budgets SET hour_ends_at = now()`);
    await query(
      `UPDATE astra_jobs.job SET start_after = now() WHERE name = 'mail-digest' AND state = 'created'`,
    );
  },
};

it.each(kinds)('%s is sent over HTTP', async (kind) => {
  const mailbox = `of-${kind}@example.com`;
  await drivers[kind](mailbox);
  await eventually(async () => expect(app.received(kind, mailbox).length).toBeGreaterThan(0), 10_000);
});

it('no mailbox gets more in an hour than its budgets, whichever routes, accounts and spellings', async () => {
  const spellings = [
    'victim@example.com',
    'VICTIM@example.com',
    'Victim@Example.COM',
    ' victim@EXAMPLE.com ',
  ];
  for (let turn = 0; turn < 6; turn++)
    for (const kind of kinds.filter((each) => each !== 'digest'))
      await drivers[kind](spellings[(turn + kind.length) % spellings.length].trim());
  await sent();

  const got: Partial<Record<keyof MailBudgets, number>> = {};
  for (const kind of kinds) {
    const { budget } = mailKinds[kind];
    got[budget] = (got[budget] ?? 0) + app.received(kind, 'victim@example.com').length;
  }
  // All of them are used up, so that nothing else held anything back.
  expect(got).toEqual(Object.fromEntries(Object.entries(budgets).map(([kind, { hour }]) => [kind, hour])));
  const all = app.smtp.received.filter(({ recipients }) => /^victim@/i.test(recipients[0]));
  expect(all).toHaveLength(Object.values(budgets).reduce((sum, { hour }) => sum + hour, 0));
}, 180_000);
