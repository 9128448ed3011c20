import { UsersService } from '../src/users/users.service.js';
import { expectGuardedHeaders, expectInvalid, expectProblem } from './support/expect-problem.js';
import { MailService } from './support/mail-service.js';
import { ada, person } from './support/test-service.js';

describe('the verification of an address', () => {
  let app: MailService;
  beforeAll(async () => {
    app = await MailService.start();
  });
  afterAll(() => app.stop());

  const verify = (token: unknown) => app.service.post('/auth/verify-email', { token });
  const request = (email: unknown) => app.service.post('/auth/verify-email/request', { email });

  it('is asked for by a mail at registration, and done by the token in its link, once', async () => {
    const { access_token } = await app.service.signUp(ada);
    const token = await app.token('verify-email', ada.email);
    expect((await app.service.get('/users/me', access_token)).body.email_verified).toBe(false);

    const answer = await verify(token);
    expect(answer).toMatchObject({ status: 200, body: { username: 'ada', email_verified: true } });
    expectGuardedHeaders(answer.headers);
    expect((await app.service.get('/users/me', access_token)).body).toEqual(answer.body);
    expectProblem(await verify(token), 400, 'invalid-token');
  });

  it('names the account, when and from where it was registered, in the mail and before it is verified', async () => {
    await app.service.signUp(person('thief'));
    const mail = await app.mail('verify-email', 'thief@example.com');
    for (const text of [mail.text, mail.html])
      expect(text).toMatch(
        /account “thief” was created with this email address on .* UTC \(node, 127\.0\.0\.0\/24\)\./,
      );
    await request('thief@example.com');
    expect((await app.mail('verify-email', 'thief@example.com', 2)).text).toContain('(node, 127.0.0.0/24)');

    const token = await app.token('verify-email', 'thief@example.com', 2);
    const preview = () => app.service.post('/auth/verify-email/preview', { token });
    const shown = await preview();
    expect(shown).toMatchObject({
      status: 200,
      body: { username: 'thief', registered_from: 'node, 127.0.0.0/24' },
    });
    expectGuardedHeaders(shown.headers);
    expect(Object.keys(shown.body)).toHaveLength(3);
    // It used nothing up.
    expect((await verify(token)).status).toBe(200);
    expectProblem(await preview(), 400, 'invalid-token');
  });

  it('is refused by the owner of the address, who knows nothing of the account, and then has it free', async () => {
    const squatter = { ...person('squatter'), email: 'victim@example.com' };
    const { id, access_token, refresh_token } = await app.service.signUp(squatter);
    const change = { new_email: 'squatter@example.net', current_password: ada.password };
    expect((await app.service.post('/users/me/email', change, access_token)).status).toBe(202);
    const moved = await app.token('confirm-email-change', 'squatter@example.net');

    const token = await app.token('verify-email', squatter.email);
    const disown = () => app.service.post('/auth/verify-email/disown', { token });
    const answers = await Promise.all(Array.from({ length: 8 }, disown));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(7).fill(400)]);
    expectProblem(await verify(token), 400, 'invalid-token');
    expectProblem(await app.service.get('/users/me', access_token), 401, 'invalid-token');
    expect((await app.service.post('/auth/refresh', { refresh_token })).status).toBe(401);
    expectProblem(await app.service.post('/auth/email/confirm', { token: moved }), 400, 'invalid-token');
    const { username, password } = squatter;
    expectProblem(await app.service.post('/auth/login', { username, password }), 401, 'invalid-credentials');
    const events = await app.service.database.query(
      `SELECT actor_id, data FROM auth_audit_events WHERE user_id = $1 AND type = 'user_deleted'`,
      [id],
    );
    expect(events).toEqual([{ actor_id: null, data: { reason: 'disowned' } }]);
    await app.service.signUp({ ...person('victim'), email: squatter.email });
    await app.settled();
    expect(app.received('account-deleted', squatter.email)).toEqual([]);
  });

  it('tells nothing of the admin who made the account', async () => {
    const { id, access_token } = await app.service.signUp(person('chief'));
    await app.service.app.get(UsersService, { strict: false }).update(id, { role: 'admin' });
    await app.service.post('/admin/users', person('made'), access_token);
    const mail = await app.mail('verify-email', 'made@example.com');
    expect(mail.text).toMatch(/account “made” was created with this email address on .* UTC\.\n/);
    const token = await app.token('verify-email', 'made@example.com');
    const { body } = await app.service.post('/auth/verify-email/preview', { token });
    expect(body).toMatchObject({ username: 'made', registered_from: null });
  });

  it('keeps only the hash of the token', async () => {
    await app.service.signUp(person('hashed'));
    const token = await app.token('verify-email', 'hashed@example.com');
    const [row] = await app.service.database.query(
      `SELECT t.*, extract(epoch FROM expires_at - now())::float / 3600 AS hours
         FROM auth_one_time_tokens t WHERE email = 'hashed@example.com'`,
    );
    expect(row.token_hash).toHaveLength(32);
    expect(JSON.stringify(row)).not.toContain(token);
    expect(row.hours).toBeGreaterThan(23.9);
    expect(row.hours).toBeLessThanOrEqual(24);
  });

  it('is asked for again on request, whatever the case of the address; then the older link is dead', async () => {
    await app.service.signUp(person('again'));
    const first = await app.token('verify-email', 'again@example.com');

    const answer = await request('AGAIN@Example.com');
    expect(answer).toMatchObject({ status: 202, body: { detail: expect.stringMatching(/^If .+\.$/) } });
    expectGuardedHeaders(answer.headers);
    const second = await app.token('verify-email', 'again@example.com', 2);
    expectProblem(await verify(first), 400, 'invalid-token');
    expect((await verify(second)).status).toBe(200);
  });

  it('is not asked for again where there is nothing to verify', async () => {
    await app.service.signUp(person('proven'));
    await verify(await app.token('verify-email', 'proven@example.com'));
    await app.service.signUp(person('idle'));
    await app.mail('verify-email', 'idle@example.com');
    await app.service.database.query(`UPDATE auth_users SET is_active = false WHERE username = 'idle'`);

    for (const name of ['proven', 'idle', 'nobody'])
      expect((await request(`${name}@example.com`)).status).toBe(202);
    await app.settled();
    expect(app.received('verify-email', 'proven@example.com')).toHaveLength(1);
    expect(app.received('verify-email', 'idle@example.com')).toHaveLength(1);
    expect(app.received('verify-email', 'nobody@example.com')).toHaveLength(0);
  });

  it.each(['', 'x', 'A'.repeat(43), '../../etc/passwd', "' OR 1=1 --", 'ü'.repeat(2_000)])(
    'does not take %j for a token',
    async (token) => {
      expectProblem(await verify(token), 400, 'invalid-token');
    },
  );

  it('says what is wrong with the input', async () => {
    expectInvalid(await verify(undefined), ['body.token', 'missing']);
    expectInvalid(await verify(17), ['body.token', 'string_type']);
    expectInvalid(await verify('ü'.repeat(5_000)), ['body.token', 'string_too_long']);
    expectInvalid(await request('nobody'), ['body.email', 'value_error']);
  });

  it('sends no mail for a registration that is refused', async () => {
    const taken = await app.service.post('/auth/register', { ...person('other'), email: ada.email });
    expectProblem(taken, 409, 'email-taken');
    expectProblem(
      await app.service.post('/auth/register', { ...person('late'), username: 'ada' }),
      409,
      'username-taken',
    );
    await app.settled();
    expect(app.received('verify-email', ada.email)).toHaveLength(1);
    expect(app.received('verify-email', 'late@example.com')).toHaveLength(0);
  });

  it('makes one user and one mail of 50 registrations of one address', async () => {
    const email = 'hopper@example.com';
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, turn) =>
        app.service.post('/auth/register', { ...ada, username: `hopper${turn}`, email }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => ![201, 409, 503].includes(status))).toEqual([]);
    await app.mail('verify-email', email);
    await app.settled();
    expect(app.received('verify-email', email)).toHaveLength(1);
  });
});

describe('with EMAIL_VERIFICATION=required', () => {
  let app: MailService;
  beforeAll(async () => {
    app = await MailService.start({ auth: { emailVerification: 'required' } });
  });
  afterAll(() => app.stop());

  const signIn = (password: string) => app.service.post('/auth/login', { username: ada.username, password });

  it('nobody signs in before the address is verified, which only the right password is told', async () => {
    expect((await app.service.post('/auth/register', ada)).status).toBe(201);
    expectProblem(await signIn(ada.password), 403, 'email-not-verified');
    expectProblem(await signIn('Synthetical1'), 401, 'invalid-credentials');

    const token = await app.token('verify-email', ada.email);
    expect((await app.service.post('/auth/verify-email', { token })).status).toBe(200);
    expect((await signIn(ada.password)).status).toBe(200);
  });

  it('choosing a new password by mail proves the address as well', async () => {
    const grace = person('grace');
    await app.service.post('/auth/register', grace);
    await app.service.post('/auth/password/forgot', { email: grace.email });
    const token = await app.token('reset-password', grace.email);
    const new_password = 'Nanosecond30cm';
    expect((await app.service.post('/auth/password/reset', { token, new_password })).status).toBe(204);
    await app.service.signIn({ username: 'grace', password: new_password });
  });
});

describe('with EMAIL_VERIFICATION=off', () => {
  it('no mail asks for it, and everybody signs in', async () => {
    const app = await MailService.start({ auth: { emailVerification: 'off' } });
    try {
      await app.service.signUp();
      const { status } = await app.service.post('/auth/verify-email/request', { email: ada.email });
      expect(status).toBe(202);
      await app.settled();
      expect(app.smtp.received).toEqual([]);
    } finally {
      await app.stop();
    }
  });
});
