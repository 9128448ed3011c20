import { Role } from '../src/settings/role.js';
import { UsersService } from '../src/users/users.service.js';
import { expectProblem } from './support/expect-problem.js';
import { MailService } from './support/mail-service.js';
import { ada } from './support/test-service.js';

let app: MailService;
let admin: string;
beforeAll(async () => {
  app = await MailService.start({ auth: { emailVerification: 'required' } });
  await app.service.app
    .get(UsersService, { strict: false })
    .create({ username: 'root', email: 'root@example.com', passwordHash: null, role: Role.Admin });
  await app.service.post('/auth/password/forgot', { email: 'root@example.com' });
  const token = await app.token('set-password', 'root@example.com');
  await reset(token, ada.password);
  admin = (await app.service.signIn({ username: 'root', password: ada.password })).access_token;
});
afterAll(() => app.stop());

const NEW = 'Nanosecond30cm';
const signIn = (username: string, password: string) =>
  app.service.post('/auth/login', { username, password });
const reset = (token: string, new_password = NEW) =>
  app.service.post('/auth/password/reset', { token, new_password });
const force = (id: string) => app.service.post(`/admin/users/${id}/password-reset`, undefined, admin);
const activate = (id: string, is_active: boolean) =>
  app.service.patch(`/admin/users/${id}`, { is_active }, admin);

/** Somebody with a verified address, signed in. */
async function member(username: string) {
  const person = { username, email: `${username}@example.com`, password: ada.password };
  const { body } = await app.service.post('/auth/register', person);
  const token = await app.token('verify-email', person.email);
  expect((await app.service.post('/auth/verify-email', { token })).status).toBe(200);
  return { ...person, id: body.id as string, ...(await app.service.signIn(person)) };
}

const hoursLeft = async (id: string) => {
  const [{ hours }] = await app.service.database.query<{ hours: number }>(
    `SELECT extract(epoch FROM expires_at - now())::float / 3600 AS hours
       FROM auth_one_time_tokens WHERE user_id = $1 AND purpose = 'reset_password'`,
    [id],
  );
  return hours;
};

describe('a reset that an admin forces', () => {
  it('ends the old password and every session, and answers it like a wrong one', async () => {
    const person = await member('stolen');
    expect((await force(person.id)).status).toBe(202);

    const old = await signIn('stolen', person.password);
    expectProblem(old, 401, 'invalid-credentials');
    expect(old.body.detail).toBe((await signIn('stolen', 'Synthetical1')).body.detail);
    expectProblem(await app.service.get('/users/me', person.access_token), 401, 'invalid-token');
    const { refresh_token } = person;
    expect((await app.service.post('/auth/refresh', { refresh_token })).status).toBe(401);

    const mail = await app.mail('password-ended', person.email);
    expect(mail.text).toContain('we disabled your password');
    expect(await hoursLeft(person.id)).toBeGreaterThan(23.9);
    expect((await reset(await app.token('password-ended', person.email))).status).toBe(204);
    expect((await signIn('stolen', person.password)).status).toBe(401);
    expect((await signIn('stolen', NEW)).status).toBe(200);
  });

  it('ends every link that was asked for before, also the one to a thief’s address', async () => {
    const person = await member('watched');
    await app.service.post('/auth/password/forgot', { email: person.email });
    const forgotten = await app.token('reset-password', person.email);
    const change = { new_email: 'thief@example.net', current_password: person.password };
    expect((await app.service.post('/users/me/email', change, person.access_token)).status).toBe(202);
    const moved = await app.token('confirm-email-change', 'thief@example.net');

    expect((await force(person.id)).status).toBe(202);
    expectProblem(await reset(forgotten), 400, 'invalid-token');
    expectProblem(await app.service.post('/auth/email/confirm', { token: moved }), 400, 'invalid-token');
  });

  it('can be followed by “forgot” where the link was lost', async () => {
    const person = await member('patient');
    await force(person.id);
    const first = await app.token('password-ended', person.email);
    await app.service.post('/auth/password/forgot', { email: person.email });
    const second = await app.token('set-password', person.email);
    expectProblem(await reset(first), 400, 'invalid-token');
    expect((await reset(second)).status).toBe(204);
  });

  it('sends no link to an inactive user, but one that works when the account is active again', async () => {
    const person = await member('asleep');
    await activate(person.id, false);
    const { status, body } = await force(person.id);
    expect(status).toBe(202);
    expect(body.detail).toContain('when it is activated again');
    await app.settled();
    expect(app.received('password-ended', person.email)).toEqual([]);

    expect((await activate(person.id, true)).status).toBe(200);
    expectProblem(await signIn('asleep', person.password), 401, 'invalid-credentials');
    expect((await reset(await app.token('set-password', person.email))).status).toBe(204);
    expect((await signIn('asleep', NEW)).status).toBe(200);
  });

  it('racing with sign-ins, a change and an older link leaves no way in', async () => {
    for (let round = 0; round < 3; round++) {
      const person = await member(`hurried${round}`);
      await app.service.post('/auth/password/forgot', { email: person.email });
      const token = await app.token('reset-password', person.email);
      const change = { current_password: person.password, new_password: 'Changed4Ever' };
      const [forced, ...others] = await Promise.all([
        force(person.id),
        reset(token),
        app.service.post('/users/me/password', change, person.access_token),
        ...Array.from({ length: 6 }, () => signIn(person.username, person.password)),
      ]);
      expect(forced.status).toBe(202);
      for (const { body } of others)
        if (body.access_token)
          expect((await app.service.get('/users/me', body.access_token)).status).toBe(401);
      const sessions = 'SELECT 1 FROM auth_sessions WHERE user_id = $1 AND ended_at IS NULL';
      const hash = 'SELECT hashed_password FROM auth_users WHERE id = $1';
      // The older link may have been used a moment before the password ended, but not after.
      expect(await app.service.database.query(sessions, [person.id])).toEqual([]);
      expect(await app.service.database.query(hash, [person.id])).toEqual([{ hashed_password: null }]);
    }
  });
});

describe('an account without a password', () => {
  it('gets another link when it is activated, or restored, since the first one ended', async () => {
    const guest = { username: 'guest', email: 'guest@example.com' };
    const { body } = await app.service.post('/admin/users', guest, admin);
    const first = await app.token('set-password', guest.email);
    await activate(body.id, false);
    await activate(body.id, true);
    const second = await app.token('set-password', guest.email, 2);
    expectProblem(await reset(first), 400, 'invalid-token');

    await app.service.delete(`/admin/users/${body.id}`, admin);
    expect((await app.service.post(`/admin/users/${body.id}/restore`, undefined, admin)).status).toBe(200);
    const third = await app.token('set-password', guest.email, 3);
    expectProblem(await reset(second), 400, 'invalid-token');
    expect((await reset(third)).status).toBe(204);
  });
});

it('an account that an admin makes with a password is sent the link without which nobody signs in', async () => {
  const mary = { ...ada, username: 'mary', email: 'mary@example.com' };
  expect((await app.service.post('/admin/users', mary, admin)).status).toBe(201);
  expectProblem(await signIn('mary', mary.password), 403, 'email-not-verified');
  const token = await app.token('verify-email', mary.email);
  expect((await app.service.post('/auth/verify-email', { token })).status).toBe(200);
  expect((await signIn('mary', mary.password)).status).toBe(200);
});
