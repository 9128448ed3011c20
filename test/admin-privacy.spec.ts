import { SoftAuthenticator } from '../src/testing/soft-authenticator.js';
import { newKey } from './support/api-key-holder.js';
import { MailService, publicUrl } from './support/mail-service.js';
import { addPasskey } from './support/passkey-holder.js';
import { servedRoutes } from './support/served-routes.js';
import { ada, type Tokens } from './support/test-service.js';

/** What identifies an admin, and may reach nobody whose account is administered. */
const admin = {
  ip: '198.51.100.77',
  userAgent: 'Canary-Workstation/7.7',
  username: 'canaryadmin',
  email: 'canary@admin.example',
};

let app: MailService;
let tokens: Tokens & { id: string };
beforeAll(async () => {
  // More is done than a mailbox may hear of in an hour.
  const auth = { mail: { budgets: { notices: { hour: 1_000, day: 1_000 } } } };
  app = await MailService.start({ trustedProxies: ['127.0.0.1'], auth });
  const person = { ...ada, username: admin.username, email: admin.email };
  const { id } = (await app.service.post('/auth/register', person)).body;
  await app.service.database.query(`UPDATE auth_users SET role = 'admin' WHERE id = $1`, [id]);
  tokens = { id, ...(await app.service.signIn(person)) };
});
afterAll(() => app.stop());

const asAdmin = (method: string, path: string, body?: object) =>
  app.service.request(method, path, {
    token: tokens.access_token,
    body,
    headers: { 'x-forwarded-for': admin.ip, 'user-agent': admin.userAgent },
  });

/** The passkey and the API key first, as a reset takes them too. Deleted and restored last. */
const rankOf = (route: string) =>
  /\{(pid|key)\}/.test(route)
    ? -1
    : route.includes('/restore')
      ? 2
      : /^DELETE \S+\{id\}$/.test(route)
        ? 1
        : 0;

it('shows users nothing of who administers their account, by whichever route it was done', async () => {
  const owner = await app.signUp({ ...ada, username: 'owner', email: 'owner@example.com' });
  const authenticator = new SoftAuthenticator({ origin: new URL(publicUrl).origin });
  const pid = await addPasskey(app.service, { ...owner, authenticator });
  const key = await newKey(app.service, { token: owner.access_token });
  const changes = [
    { full_name: 'By an admin' },
    { username: 'renamed' },
    { email_verified: false },
    { email_verified: true },
    { role: 'moderator' },
    { role: 'user' },
    { is_active: false },
    { is_active: true },
  ];
  const done: string[] = [];
  const routes = (await servedRoutes(app.service)).filter((route) => route.includes('/admin/users/{id}'));
  for (const route of routes.sort((a, b) => rankOf(a) - rankOf(b))) {
    const [method, path] = route.split(' ');
    // Only service accounts have keys that somebody else made.
    if (route === 'POST /api/v1/admin/users/{id}/api-keys') continue;
    for (const body of method === 'PATCH' ? changes : [undefined]) {
      const named = path
        .replace('/api/v1', '')
        .replace('{id}', owner.id)
        .replace('{pid}', pid)
        .replace('{key}', key.id);
      const { status } = await asAdmin(method, named, body);
      expect([route, status < 300 || status]).toEqual([route, true]);
    }
    done.push(route);
  }
  expect(done.length).toBeGreaterThanOrEqual(6);
  await asAdmin('POST', '/auth/password/forgot', { email: 'nobody@example.com' });

  // The password has ended on the way; the owner comes back by the link.
  await app.service.post('/auth/password/forgot', { email: owner.email });
  await app.settled();
  const links = app.smtp.received.filter(
    ({ text, recipients }) => text?.includes('reset-password#token=') && recipients[0] === owner.email,
  );
  const token = /#token=(\S+)/.exec(links.at(-1)!.text!)![1];
  expect(
    (await app.service.post('/auth/password/reset', { token, new_password: 'Nanosecond30cm' })).status,
  ).toBe(204);
  const { access_token } = await app.service.signIn({ username: 'renamed', password: 'Nanosecond30cm' });

  const answers = await Promise.all(
    ['/users/me', '/users/me/events?limit=100', '/users/me/export', '/users/me/sessions'].map((path) =>
      app.service.get(path, access_token),
    ),
  );
  const byAdmin = answers[1].body.items.filter(({ actor }: { actor?: string }) => actor === 'administrator');
  expect(byAdmin.length).toBeGreaterThan(changes.length);
  for (const event of byAdmin) expect(event).toMatchObject({ actor_id: null, ip: null, user_agent: null });
  expect(answers[2].body.events).toEqual(
    expect.arrayContaining(byAdmin.map((event: object) => expect.objectContaining(event))),
  );
  // Whatever the owner did is shown as before.
  expect(answers[1].body.items).toContainEqual(
    expect.objectContaining({ type: 'authn_login_success', actor_id: owner.id, ip: '127.0.0.1' }),
  );

  const mails = app.smtp.received
    .filter(({ recipients }) => recipients[0] === owner.email)
    .map(({ raw }) => raw);
  const seen = JSON.stringify([answers.map(({ body }) => body), mails]);
  for (const canary of [...Object.values(admin), tokens.id]) expect(seen).not.toContain(canary);

  // Admins see all of it.
  const trail = JSON.stringify(
    (await asAdmin('GET', `/admin/audit-events?user_id=${owner.id}&limit=100`)).body,
  );
  for (const canary of [admin.ip, admin.userAgent, tokens.id]) expect(trail).toContain(canary);
});
