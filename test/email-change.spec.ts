import { expectGuardedHeaders, expectInvalid, expectProblem } from './support/expect-problem.js';
import { MailService } from './support/mail-service.js';
import { ada } from './support/test-service.js';

let app: MailService;
beforeAll(async () => {
  app = await MailService.start();
});
afterAll(() => app.stop());

const change = (token: string, new_email: unknown, current_password: unknown = ada.password) =>
  app.service.post('/users/me/email', { new_email, current_password }, token);
const confirm = (token: unknown) => app.service.post('/auth/email/confirm', { token });
const me = (token: string) => app.service.get('/users/me', token);

async function signUp(username: string) {
  const person = { ...ada, username, email: `${username}@old.example` };
  return app.signUp(person);
}

describe('a change of address', () => {
  it('waits for the link in the mail to the new address, of which the old one is told', async () => {
    const { access_token, email } = await signUp('mover');
    const answer = await change(access_token, 'mover@new.example');
    expect(answer).toMatchObject({ status: 202, body: { detail: expect.stringMatching(/\.$/) } });
    expectGuardedHeaders(answer.headers);
    const notice = await app.mail('email-change-notice', email);
    expect(notice.text).toContain('mover@new.example');
    expect(notice.text).not.toContain('#token=');
    expect((await me(access_token)).body).toMatchObject({ email, email_verified: true });

    const token = await app.token('confirm-email-change', 'mover@new.example');
    const confirmed = await confirm(token);
    expect(confirmed.status).toBe(200);
    expect(confirmed.body).toMatchObject({
      username: 'mover',
      email: 'mover@new.example',
      email_verified: true,
    });
    expect((await me(access_token)).body).toEqual(confirmed.body);
    expect((await app.mail('email-changed', email)).text).toContain('mover@new.example');
    expectProblem(await confirm(token), 400, 'invalid-token');

    const signIn = (username: string) =>
      app.service.post('/auth/login', { username, password: ada.password });
    expect((await signIn('Mover@New.example')).status).toBe(200);
    expectProblem(await signIn(email), 401, 'invalid-credentials');
  });

  it('asks for the password', async () => {
    const { access_token, email } = await signUp('intruder');
    const answer = await change(access_token, 'intruder@new.example', 'Synthetical1');
    expectProblem(answer, 401, 'invalid-credentials');
    await app.settled();
    expect(app.received('email-change-notice', email)).toEqual([]);
    expect(app.received('confirm-email-change', 'intruder@new.example')).toEqual([]);
  });

  it('says what is wrong with the input', async () => {
    const { access_token } = await signUp('careless');
    expectInvalid(
      await change(access_token, 'careless', 17),
      ['body.new_email', 'value_error'],
      ['body.current_password', 'string_type'],
    );
  });

  it('tells nobody but its owner that an address is taken', async () => {
    const owner = await signUp('owner');
    const { access_token, email } = await signUp('envious');
    const free = await change(access_token, 'envious@new.example');
    const taken = await change(access_token, 'OWNER@old.example');
    expect([taken.status, taken.body]).toEqual([free.status, free.body]);

    await app.mail('registration-attempt', owner.email);
    await app.mail('email-change-notice', email, 2);
    await app.settled();
    expect(app.received('confirm-email-change', 'OWNER@old.example')).toEqual([]);
    expect((await me(owner.access_token)).body.email).toBe('owner@old.example');
  });

  it('can change the case of the own address', async () => {
    const { access_token } = await signUp('case');
    await change(access_token, 'Case@Old.example');
    const token = await app.token('confirm-email-change', 'Case@Old.example');
    expect((await confirm(token)).body.email).toBe('Case@Old.example');
  });

  it('is refused if another account got the address in the meantime', async () => {
    const { access_token, email } = await signUp('slow');
    await change(access_token, 'wanted@new.example');
    const token = await app.token('confirm-email-change', 'wanted@new.example');
    await app.service.signUp({ username: 'quick', email: 'Wanted@New.example' });

    expectProblem(await confirm(token), 409, 'email-taken');
    expect((await me(access_token)).body.email).toBe(email);
    await app.settled();
    expect(app.received('email-changed', email)).toEqual([]);
  });

  it('gives one address to one of two accounts that confirm it at the same moment', async () => {
    const people = [await signUp('twin1'), await signUp('twin2')];
    const tokens: string[] = [];
    for (const [turn, { access_token }] of people.entries()) {
      await change(access_token, 'twins@new.example');
      tokens.push(await app.token('confirm-email-change', 'twins@new.example', turn + 1));
    }
    const answers = await Promise.all(tokens.map(confirm));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});
