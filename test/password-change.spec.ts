import { expectGuardedHeaders, expectInvalid, expectProblem } from './support/expect-problem.js';
import { MailService } from './support/mail-service.js';
import { ada } from './support/test-service.js';

let app: MailService;
beforeAll(async () => {
  app = await MailService.start();
});
afterAll(() => app.stop());

const change = (token: string, current_password: unknown, new_password: unknown) =>
  app.service.post('/users/me/password', { current_password, new_password }, token);

async function signUp(username: string) {
  const person = { ...ada, username, email: `${username}@example.com` };
  return app.signUp(person);
}

describe('a change of password', () => {
  it('keeps this session, ends all others and sends a notice', async () => {
    const person = await signUp('changer');
    const other = await app.service.signIn(person);

    const answer = await change(person.access_token, ada.password, 'Nanosecond30cm');
    expect(answer).toMatchObject({ status: 204, body: '' });
    expectGuardedHeaders(answer.headers);
    expect((await app.service.get('/users/me', person.access_token)).status).toBe(200);
    expectProblem(await app.service.get('/users/me', other.access_token), 401, 'invalid-token');
    const refreshed = await app.service.post('/auth/refresh', { refresh_token: other.refresh_token });
    expectProblem(refreshed, 401, 'invalid-refresh-token');

    const credentials = { username: person.username, password: ada.password };
    expectProblem(await app.service.post('/auth/login', credentials), 401, 'invalid-credentials');
    await app.service.signIn({ ...person, password: 'Nanosecond30cm' });
    await app.mail('password-changed', person.email);
  });

  it('asks for the current password', async () => {
    const { access_token } = await signUp('guesser');
    const answer = await change(access_token, 'Synthetical1', 'Nanosecond30cm');
    expectProblem(answer, 401, 'invalid-credentials');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expectProblem(await change('x', ada.password, 'Nanosecond30cm'), 401, 'invalid-token');
    await app.service.signIn({ username: 'guesser', password: ada.password });
    const { body } = await app.service.get('/users/me/events', access_token);
    expect(body.items).toContainEqual(
      expect.objectContaining({ type: 'authn_password_change_fail', data: { reason: 'wrong_password' } }),
    );
  });

  it('judges the new password as registration does', async () => {
    const { access_token } = await signUp('Menabrea1842');
    const answer = await change(access_token, ada.password, 'mENABREA1842');
    expectInvalid(answer, ['body.new_password', 'password_is_personal']);
    expectInvalid(await change(access_token, ada.password, 'NoDigits'), [
      'body.new_password',
      'password_needs_digit',
    ]);
    expectInvalid(
      await change(access_token, null, null),
      ['body.current_password', 'string_type'],
      ['body.new_password', 'string_type'],
    );
  });

  it('is one of 16 at the same moment that know the current password', async () => {
    const { access_token, username } = await signUp('racer');
    const passwords = Array.from({ length: 16 }, (_, turn) => `Nanosecond${turn}cm`);
    const answers = await Promise.all(
      passwords.map((password) => change(access_token, ada.password, password)),
    );
    const won = passwords.filter((_, turn) => answers[turn].status === 204);
    expect(won).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 204))
      expectProblem(answer, 401, 'invalid-credentials');
    await app.service.signIn({ username, password: won[0] });
  });
});
