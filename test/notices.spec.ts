import { eventually } from './support/eventually.js';
import { expectProblem } from './support/expect-problem.js';
import { MailService } from './support/mail-service.js';
import { ada } from './support/test-service.js';

const firefox = (version: number) =>
  `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;

let app: MailService;
beforeAll(async () => {
  app = await MailService.start({ auth: { refreshReuseGrace: 0 } });
});
afterAll(() => app.stop());

async function register(username: string) {
  const person = { ...ada, username, email: `${username}@example.com` };
  expect((await app.service.post('/auth/register', person)).status).toBe(201);
  await app.verify(person.email);
  return person;
}

const signInFrom = (userAgent: string, username: string, password = ada.password) =>
  app.service.request('POST', '/auth/login', {
    body: { username, password },
    headers: { 'user-agent': userAgent },
  });

describe('a sign-in from an unknown device', () => {
  it('is told to the user, with the device and the address', async () => {
    const { username, email } = await register('traveller');
    expect((await signInFrom(firefox(140), username)).status).toBe(200);
    expect((await signInFrom('curl/8.5.0', username)).status).toBe(200);
    const { text } = await app.mail('new-sign-in', email);
    expect(text).toMatch(/^curl, 127\.0\.0\.1, on \d+ \w+ \d{4} at \d\d:\d\d UTC\.$/m);
    await app.settled();
    expect(app.received('new-sign-in', email)).toHaveLength(1);
  });

  it.each([
    ['the first one', []],
    ['a newer version of a known browser', [firefox(140)]],
    ['a device that was seen in a session that ended', [firefox(139), 'curl/8.5.0']],
  ])('is not %s', async (_, before) => {
    const { username, email } = await register(`settled${before.length}`);
    for (const userAgent of before) {
      const { body } = await signInFrom(userAgent, username);
      await app.service.post('/auth/logout', undefined, body.access_token);
    }
    await app.settled();
    const notices = app.received('new-sign-in', email).length;
    expect((await signInFrom(firefox(141), username)).status).toBe(200);
    await app.settled();
    expect(app.received('new-sign-in', email)).toHaveLength(notices);
  });

  it('is told once, if it is made several times at the same moment', async () => {
    const { username, email } = await register('hasty');
    await signInFrom(firefox(140), username);
    await Promise.all(Array.from({ length: 6 }, () => signInFrom('curl/8.5.0', username)));
    await app.settled();
    expect(app.received('new-sign-in', email)).toHaveLength(1);
  });

  it('is none with a wrong password', async () => {
    const { username, email } = await register('guarded');
    await signInFrom(firefox(140), username);
    expect((await signInFrom('curl/8.5.0', username, 'Synthetical1')).status).toBe(401);
    await app.settled();
    expect(app.received('new-sign-in', email)).toEqual([]);
  });
});

describe('a refresh token that is used again', () => {
  it('is told to the user once, with the device whose session ended', async () => {
    const { username, email } = await register('robbed');
    const { refresh_token } = (await signInFrom(firefox(140), username)).body;
    const refresh = () =>
      app.service.request('POST', '/auth/refresh', {
        body: { refresh_token },
        headers: { 'user-agent': firefox(140) },
      });
    const { body } = await refresh();
    // Only then is it certain that the answer arrived.
    expect((await app.service.get('/users/me', body.access_token)).status).toBe(200);
    await eventually(async () => expectProblem(await refresh(), 401, 'invalid-refresh-token'));
    expectProblem(await refresh(), 401, 'invalid-refresh-token');

    const { text } = await app.mail('session-replayed', email);
    expect(text).toMatch(/^Firefox on Linux, last seen at 127\.0\.0\.1, on /m);
    await app.settled();
    expect(app.received('session-replayed', email)).toHaveLength(1);
  });
});

describe('a new username', () => {
  it('is told to the mailbox of the account, whoever chose it', async () => {
    const { username, email } = await register('renamed');
    const { body } = await signInFrom(firefox(140), username);
    expect((await app.service.patch('/users/me', { full_name: 'Re' }, body.access_token)).status).toBe(200);
    await app.settled();
    expect(app.received('username-changed', email)).toHaveLength(0);

    expect((await app.service.patch('/users/me', { username: 'renamed2' }, body.access_token)).status).toBe(
      200,
    );
    await app.settled();
    expect(app.received('username-changed', email)).toHaveLength(1);

    await register('renamer');
    await app.service.database.query(`UPDATE auth_users SET role = 'admin' WHERE username = 'renamer'`);
    const admin = (await signInFrom(firefox(140), 'renamer')).body.access_token;
    const { id } = (await app.service.get('/users/me', body.access_token)).body;
    const byAdmin = await app.service.patch(`/admin/users/${id}`, { username: 'renamed3' }, admin);
    expect(byAdmin.status).toBe(200);
    await app.settled();
    expect(app.received('username-changed', email)).toHaveLength(2);
  });
});
