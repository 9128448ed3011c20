import { newFactorHolder } from './support/factor-holder.js';
import { expectInvalid, expectProblem } from './support/expect-problem.js';
import { MailService, publicUrl } from './support/mail-service.js';
import { ada, type Answer, TestService } from './support/test-service.js';

const NAME = '__Host-astra_way';
/** Header fields of a page of the service, and of a page of another site. */
const page = { 'x-astra-client': 'browser', 'sec-fetch-site': 'same-origin' };
const foreign = {
  'x-astra-client': 'browser',
  'sec-fetch-site': 'cross-site',
  origin: 'https://evil.example',
};
const signInMethods = ['password', 'passkey', 'email-code'] as const;

let people = 0;
let app: MailService;
beforeAll(async () => {
  const plenty = { hour: 1_000, day: 1_000 };
  const budgets = { codes: plenty, notices: plenty, verifications: plenty };
  app = await MailService.start({ signInMethods, auth: { refreshCookie: {}, mail: { budgets } } });
});
afterAll(() => app.stop());

async function someone() {
  const username = `person${++people}`;
  const person = { ...ada, username, email: `${username}@example.com` };
  const { body } = await app.service.post('/auth/register', person);
  await app.service.database.query('UPDATE auth_users SET email_verified_at = now() WHERE id = $1', [
    body.id,
  ]);
  return { ...person, id: body.id as string };
}

const cookieOf = ({ headers }: Answer) => headers.getSetCookie().find((cookie) => cookie.startsWith(NAME));

/** Asks for a code from a page. Returns the cookie, the token, and the code in the link of the message. */
async function asked(email: string) {
  const before = app.received('email-code', email).length;
  const answer = await app.service.request('POST', '/auth/email-code', { body: { email }, headers: page });
  expect(answer.status).toBe(202);
  const [cookie] = (cookieOf(answer) ?? '').split(';');
  const { text = '', html = '' } = await app.mail('email-code', email, before + 1);
  const [link, code] = /^https:\/\/\S+#code=(\d{8})$/m.exec(text) ?? [];
  expect(link).toBe(`${publicUrl}/account/sign-in#code=${code}`);
  expect(html).toContain(`href="${link}"`);
  return { answer, cookie, token: answer.body.sign_in_token as string, code };
}

/** Uses the link as the page does. */
const use = (body: object, cookie = '', headers: Record<string, string> = page) =>
  app.service.request('POST', '/auth/login/continue', { body, headers: { ...headers, cookie } });

describe('the link to sign in', () => {
  it('works once, in the browser that has asked for it, and leaves its tokens to the cookies', async () => {
    const { email } = await someone();
    const { answer, cookie, token, code } = await asked(email);
    const [value, ...attributes] = cookieOf(answer)!.split('; ');
    expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=600', 'Path=/', 'SameSite=Strict', 'Secure']);
    // Sealed: neither the token nor a hash of it.
    expect(value).toMatch(/^__Host-astra_way=[\w-]{95}$/);
    expect(value).not.toContain(token);

    const signedIn = await use({ email_code: code }, cookie);
    expect([signedIn.status, 'refresh_token' in signedIn.body]).toEqual([200, false]);
    expectProblem(await use({ email_code: code }, cookie), 401, 'invalid-sign-in');
  });

  it('is opened without using anything up', async () => {
    const { email } = await someone();
    const { cookie, code } = await asked(email);
    for (const path of ['//account/sign-in', `//account/sign-in?code=${code}`])
      for (const method of ['GET', 'HEAD'])
        expect((await app.service.request(method, path, { headers: { cookie } })).status).toBe(200);
    expect((await use({ email_code: code }, cookie)).status).toBe(200);
  });

  it('is worth nothing in any other browser, with any other cookie, and for any other site', async () => {
    const one = await someone();
    const { cookie, code } = await asked(one.email);
    const other = await asked((await someone()).email);
    const forged = cookie.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
    for (const wrong of ['', `${NAME}=`, `${NAME}=x`, forged, `${NAME}=${other.token}`])
      expectProblem(await use({ email_code: code }, wrong), 401, 'invalid-sign-in');
    expectProblem(await use({ email_code: code }, other.cookie), 401, 'invalid-proof');
    expectProblem(await use({ email_code: code }, cookie, foreign), 403, 'cross-site-request');
    // Clients without the cookie have the token.
    expectInvalid(await use({ email_code: code }, cookie, {}), ['body.sign_in_token', 'missing']);
    expectInvalid(await use({ totp_code: '123456' }, cookie), ['body.sign_in_token', 'missing']);
    expect((await use({ email_code: code }, cookie)).status).toBe(200);
  });

  it('is followed by the second factor', async () => {
    const { email } = await newFactorHolder(app.service, `holder${++people}`);
    const { cookie, code } = await asked(email);
    const { status, body } = await use({ email_code: code }, cookie);
    expect([status, body.type]).toEqual([403, '/problems/factor-required']);
  });

  it('is requested by no other site, which could send messages that way', async () => {
    const { email } = await someone();
    const answer = await app.service.request('POST', '/auth/email-code', {
      body: { email },
      headers: foreign,
    });
    expectProblem(answer, 403, 'cross-site-request');
    await app.settled();
    expect([app.received('email-code', email), cookieOf(answer)]).toEqual([[], undefined]);
  });

  it('comes with a cookie that does not tell whether there is an account', async () => {
    const lengths = new Set<number>();
    for (const email of [(await someone()).email, 'nobody@example.com']) {
      const answer = await app.service.request('POST', '/auth/email-code', {
        body: { email },
        headers: page,
      });
      lengths.add(cookieOf(answer)!.length);
    }
    expect(lengths.size).toBe(1);
  });

  it('is not in messages to users who are signed in, who type the code', async () => {
    const person = await someone();
    const { access_token } = await app.service.signIn(person);
    await app.service.post('/users/me/reauthenticate/options', { send: 'email_code' }, access_token);
    expect((await app.mail('email-code', person.email)).text).not.toContain('https://');
  });

  it('comes without a cookie to clients that do not ask for it, and where there are none', async () => {
    const { email } = await someone();
    expect(cookieOf(await app.service.post('/auth/email-code', { email }))).toBeUndefined();
    const other = await TestService.start({ on: app.service.database, signInMethods, auth: { publicUrl } });
    try {
      const answer = await other.request('POST', '/auth/email-code', { body: { email }, headers: page });
      expect([answer.status, cookieOf(answer)]).toEqual([202, undefined]);
    } finally {
      await other.stop();
    }
  });
});
