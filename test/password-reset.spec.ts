import { expectGuardedHeaders, expectInvalid, expectProblem } from './support/expect-problem.js';
import { MailService, tokenIn } from './support/mail-service.js';
import { ada } from './support/test-service.js';

let app: MailService;
beforeAll(async () => {
  app = await MailService.start();
});
afterAll(() => app.stop());

const forgot = (email: unknown) => app.service.post('/auth/password/forgot', { email });
const reset = (token: unknown, new_password: unknown) =>
  app.service.post('/auth/password/reset', { token, new_password });
const signIn = (username: string, password: string) =>
  app.service.post('/auth/login', { username, password });

async function signUp(username: string) {
  const person = { ...ada, username, email: `${username}@example.com` };
  return { ...person, ...(await app.service.signUp(person)) };
}

async function forgetPassword(username: string) {
  const person = await signUp(username);
  expect((await forgot(person.email)).status).toBe(202);
  return { ...person, token: await app.token('reset-password', person.email) };
}

describe('a forgotten password', () => {
  it('is replaced by the link in a mail', async () => {
    const { email } = await signUp('forgetful');
    const answer = await forgot('Forgetful@Example.com');
    expect(answer).toMatchObject({ status: 202, body: { detail: expect.stringMatching(/^If .+\.$/) } });
    expectGuardedHeaders(answer.headers);

    const token = await app.token('reset-password', email);
    const done = await reset(token, 'Nanosecond30cm');
    expect(done).toMatchObject({ status: 204, body: '' });
    expect((await signIn('forgetful', ada.password)).status).toBe(401);
    expect((await signIn('forgetful', 'Nanosecond30cm')).status).toBe(200);
    await app.mail('password-changed', email);
  });

  it('ends every session when it is replaced, and proves the address', async () => {
    const person = await forgetPassword('ended');
    const other = await app.service.signIn(person);
    expect((await reset(person.token, 'Nanosecond30cm')).status).toBe(204);

    for (const { access_token, refresh_token } of [person, other]) {
      expectProblem(await app.service.get('/users/me', access_token), 401, 'invalid-token');
      const refreshed = await app.service.post('/auth/refresh', { refresh_token });
      expectProblem(refreshed, 401, 'invalid-refresh-token');
    }
    const { access_token } = await app.service.signIn({ ...person, password: 'Nanosecond30cm' });
    expect((await app.service.get('/users/me', access_token)).body.email_verified).toBe(true);

    const { body } = await app.service.get('/users/me/events', access_token);
    for (const [type, reason] of [
      ['authn_password_reset_requested', 'forgotten'],
      ['authn_password_change', 'reset'],
    ])
      expect(body.items).toContainEqual(expect.objectContaining({ type, ip: '127.0.0.1', data: { reason } }));
  });

  it('is chosen for the first time by who never had one', async () => {
    await app.service.database.query(
      `INSERT INTO auth_users (id, username, email) VALUES (gen_random_uuid(), 'invited', 'invited@example.com')`,
    );
    await forgot('invited@example.com');
    const mail = await app.mail('set-password', 'invited@example.com');
    expect(mail.text).toContain('Your username is invited.');
    const token = await app.token('set-password', 'invited@example.com');
    expect((await reset(token, 'Nanosecond30cm')).status).toBe(204);
    expect((await signIn('invited', 'Nanosecond30cm')).status).toBe(200);
  });

  it('is not asked for by mail where there is no active account', async () => {
    await signUp('sleeping');
    await app.service.database.query(`UPDATE auth_users SET is_active = false WHERE username = 'sleeping'`);
    expect((await forgot('sleeping@example.com')).status).toBe(202);
    expect((await forgot('unheard-of@example.com')).status).toBe(202);
    await app.settled();
    expect(app.received('reset-password', 'sleeping@example.com')).toEqual([]);
    expect(app.received('reset-password', 'unheard-of@example.com')).toEqual([]);
  });

  it('is not replaced by one that may not be used, and then the link is still good', async () => {
    const { username, token } = await forgetPassword('Babbage1791');
    expectInvalid(
      await reset(token, 'kettl'),
      ['body.new_password', 'password_too_short'],
      ['body.new_password', 'password_needs_upper'],
      ['body.new_password', 'password_needs_digit'],
    );
    expectInvalid(await reset(token, 'bABBAGE1791'), ['body.new_password', 'password_is_personal']);
    expectInvalid(await reset(token, 17), ['body.new_password', 'string_type']);
    expect((await signIn(username, ada.password)).status).toBe(200);
    expect((await reset(token, 'Nanosecond30cm')).status).toBe(204);
  });

  it('is answered alike for every token that is not good', async () => {
    const { token } = await forgetPassword('twice');
    expect((await reset(token, 'Nanosecond30cm')).status).toBe(204);
    for (const other of [token, '', 'x', 'A'.repeat(43)]) {
      const answer = await reset(other, 'Millisecond300km');
      expectProblem(answer, 400, 'invalid-token');
      expectGuardedHeaders(answer.headers);
    }
    expect((await signIn('twice', 'Nanosecond30cm')).status).toBe(200);
  });
});

describe('one reset token', () => {
  it('with 16 passwords at the same moment sets one of them', async () => {
    for (const username of ['racer1', 'racer2', 'racer3']) {
      const { id, token } = await forgetPassword(username);
      const passwords = Array.from({ length: 16 }, (_, turn) => `Nanosecond${turn}cm`);
      const answers = await Promise.all(passwords.map((password) => reset(token, password)));
      const won = passwords.filter((_, turn) => answers[turn].status === 204);
      expect(won).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 204))
        expectProblem(answer, 400, 'invalid-token');

      const sessions = await app.service.database.query(
        'SELECT end_reason FROM auth_sessions WHERE user_id = $1',
        [id],
      );
      expect(sessions).toEqual([{ end_reason: 'password_changed' }]);
      expect((await signIn(username, won[0])).status).toBe(200);
      await app.settled();
      expect(app.received('password-changed', `${username}@example.com`)).toHaveLength(1);
    }
  });

  it('is the newest one, when 16 are asked for at the same moment', async () => {
    const { id, email } = await signUp('impatient');
    await Promise.all(Array.from({ length: 16 }, () => forgot(email)));
    await app.settled();
    const tokens = await app.service.database.query(
      `SELECT 1 FROM auth_one_time_tokens WHERE user_id = $1 AND purpose = 'reset_password'`,
      [id],
    );
    expect(tokens).toHaveLength(1);

    const all = app.received('reset-password', email).map(tokenIn);
    const statuses: number[] = [];
    for (const token of all) statuses.push((await reset(token, 'Nanosecond30cm')).status);
    expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  });

  it('racing with a sign-in leaves nobody signed in by the old password', async () => {
    const person = await forgetPassword('hurried');
    const [answer, ...signIns] = await Promise.all([
      reset(person.token, 'Nanosecond30cm'),
      ...Array.from({ length: 8 }, () => signIn('hurried', ada.password)),
    ]);
    expect(answer.status).toBe(204);
    for (const { status, body } of signIns) {
      expect([200, 401]).toContain(status);
      if (status === 200)
        expectProblem(await app.service.get('/users/me', body.access_token), 401, 'invalid-token');
    }
  });
});
