import { age } from './support/aged-session.js';
import { earlyInStep, previousCode, totpCode } from './support/authenticator.js';
import { expectInvalid, expectProblem, expectRefusedForm } from './support/expect-problem.js';
import { decode } from './support/forge.js';
import { runScheduled } from './support/run-scheduled.js';
import { eventually } from './support/eventually.js';
import { ada, SECRET_KEY, TestService, type Answer } from './support/test-service.js';
import { UsersService } from '../src/users/users.service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.stop());
beforeEach(() => earlyInStep());

const query = <T extends object = any>(sql: string, ...values: unknown[]) =>
  service.database.query<T>(sql, values);

let people = 0;
/** Somebody whose email address is verified. */
async function someone(at = service) {
  const username = `person${++people}`;
  const person = { ...ada, username, email: `${username}@example.com` };
  const { id: userId } = await at.signUp(person);
  const users = at.app.get(UsersService, { strict: false });
  await users.update(userId, { emailVerifiedAt: new Date() });
  return { userId, login: { username, password: ada.password }, ...(await at.signIn(person)) };
}

/** Somebody with an authenticator app, which was confirmed with the code of the step before this one. */
async function someoneWithFactor(at = service) {
  const person = await someone(at);
  const { access_token } = person;
  const { body: setup } = await at.post('/users/me/factors/totp', {}, access_token);
  const confirmation = { id: setup.id, totp_code: await previousCode(setup.secret) };
  const { body } = await at.post('/users/me/factors/totp/confirm', confirmation, access_token);
  const { id: factorId, secret } = setup as { id: string; secret: string };
  return { ...person, factorId, secret, codes: body.recovery_codes as string[] };
}

const begin = async (login: object, at = service): Promise<string> => {
  const { status, body } = await at.post('/auth/login', login);
  expect({ status, type: body.type }).toEqual({ status: 403, type: '/problems/factor-required' });
  return body.sign_in_token as string;
};
const proceed = (sign_in_token: string, proof: object, at = service) =>
  at.post('/auth/login/continue', { sign_in_token, ...proof });
const reauthenticate = (token: string, proof: object) =>
  service.post('/users/me/reauthenticate', proof, token);

/** Compares a refusal with the members of its own beside those of each problem. */
function expectMembers(
  answer: Answer,
  code: 'factor-required' | 'factor-enrolment-required',
  members: object,
) {
  const { sign_in_token, expires_in, factors, enrol, ...body } = answer.body;
  expectProblem({ ...answer, body }, 403, code);
  expect({ sign_in_token, expires_in, ...(factors && { factors }), ...(enrol && { enrol }) }).toEqual({
    ...{ sign_in_token: expect.stringMatching(/^[\w-]{43}$/), expires_in: 600, ...members },
  });
}

const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort();
const problemsOf = (answers: Answer[]) => [
  ...new Set(answers.filter(({ status }) => status !== 200).map(({ body }) => body.type)),
];

describe('an authenticator app', () => {
  it('is not required before its first code, and expires without one', async () => {
    const { access_token, login, userId } = await someone();
    const added = await service.post('/users/me/factors/totp', { name: 'Phone' }, access_token);
    expect(added).toMatchObject({
      status: 201,
      body: {
        ...{ id: expect.any(String), secret: expect.stringMatching(/^[A-Z2-7]{32}$/), expires_in: 600 },
        ...{
          uri: expect.stringMatching(/^otpauth:\/\/totp\/Astra:/),
          qr_svg: expect.stringMatching(/^<svg/),
        },
      },
    });
    expect((await service.post('/auth/login', login)).status).toBe(200);
    expect((await service.get('/users/me/factors', access_token)).body).toMatchObject({
      items: [],
      total: 0,
    });

    const { id, secret } = added.body;
    await query(
      `UPDATE auth_totp SET created_at = now() - interval '601 seconds' WHERE user_id = $1`,
      userId,
    );
    const confirmation = { id, totp_code: totpCode(secret) };
    const late = await service.post('/users/me/factors/totp/confirm', confirmation, access_token);
    expectProblem(late, 404, 'not-found');
    await runScheduled(service, 'purge-unconfirmed-factors');
    await eventually(async () =>
      expect(await query('SELECT FROM auth_totp WHERE user_id = $1', userId)).toEqual([]),
    );
  });

  it('is confirmed by its newest id only, and then ends the other sessions', async () => {
    const { access_token, login, userId } = await someone();
    const other = await service.signIn(login);
    const { body: older } = await service.post('/users/me/factors/totp', {}, access_token);
    const { body: newer } = await service.post('/users/me/factors/totp', { name: 'Phone' }, access_token);
    const confirm = (id: string, totp_code: string, token = access_token) =>
      service.post('/users/me/factors/totp/confirm', { id, totp_code }, token);
    expectProblem(await confirm(older.id, totpCode(older.secret)), 404, 'not-found');
    expectProblem(await confirm(newer.id, '000000'), 401, 'invalid-proof');
    const stranger = await someone();
    expectProblem(await confirm(newer.id, totpCode(newer.secret), stranger.access_token), 404, 'not-found');

    const { status, body } = await confirm(newer.id, totpCode(newer.secret));
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        factor: {
          ...{ id: newer.id, type: 'totp', name: 'Phone' },
          ...{ created_at: expect.any(String), last_used_at: expect.any(String) },
        },
        recovery_codes: Array.from({ length: 10 }, () => expect.stringMatching(/^[0-9a-z]{5}-[0-9a-z]{5}$/)),
      },
    });
    expectProblem(await service.get('/users/me', other.access_token), 401, 'invalid-token');
    expect((await service.get('/users/me/factors', access_token)).body).toEqual({
      ...{ items: [body.factor], next_cursor: null, total: 1, total_is_estimate: false },
      recovery_codes_left: 10,
    });
    expectProblem(await service.post('/users/me/factors/totp', {}, access_token), 409, 'factor-exists');
    const events = await query<{ type: string }>(
      'SELECT type FROM auth_audit_events WHERE user_id = $1',
      userId,
    );
    expect(events.map(({ type }) => type)).toContain('authn_factor_added');
  });

  it('needs a verified email address', async () => {
    const { access_token } = await service.signUp({
      username: 'unverified',
      email: 'unverified@example.com',
    });
    expectProblem(await service.post('/users/me/factors/totp', {}, access_token), 403, 'email-not-verified');
  });

  it('is renamed, and removed with two recent factors', async () => {
    const { access_token, factorId, login, secret, userId } = await someoneWithFactor();
    const path = `/users/me/factors/${factorId}`;
    expect((await service.patch(path, { name: 'Tablet' }, access_token)).body).toMatchObject({
      name: 'Tablet',
    });
    const stranger = await someone();
    expectProblem(await service.patch(path, { name: 'x' }, stranger.access_token), 404, 'not-found');

    await age(service, userId, 301);
    const old = await service.delete(path, access_token);
    expectProblem(old, 401, 'reauthentication-required');
    expect(old.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="aal2", max_age="300"',
    );
    // A password is one factor.
    expect((await reauthenticate(access_token, { password: ada.password })).status).toBe(200);
    expectProblem(await service.delete(path, access_token), 401, 'reauthentication-required');
    expectProblem(
      await service.post('/users/me/recovery-codes', undefined, access_token),
      401,
      'reauthentication-required',
    );
    expect((await reauthenticate(access_token, { totp_code: totpCode(secret) })).status).toBe(200);
    expect((await service.delete(path, access_token)).status).toBe(204);
    expect(await query('SELECT FROM auth_recovery_codes WHERE user_id = $1', userId)).toEqual([]);
    expect((await service.post('/auth/login', login)).status).toBe(200);
    expectProblem(await service.post('/users/me/recovery-codes', undefined, access_token), 409, 'no-factor');
  });
});

describe('a sign-in with a second factor', () => {
  it('begins with the password, and continues with a code', async () => {
    const { login, secret, access_token } = await someoneWithFactor();
    const refused = await service.post('/auth/login', login);
    expectMembers(refused, 'factor-required', { factors: ['totp', 'recovery_code'] });
    const { status, body } = await proceed(refused.body.sign_in_token, { totp_code: totpCode(secret) });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        access_token: expect.any(String),
        refresh_token: expect.any(String),
        token_type: 'bearer',
        expires_in: 900,
      },
    });
    const { claims } = decode(body.access_token);
    expect(claims).toMatchObject({ amr: ['pwd', 'otp', 'mfa'], acr: 'aal2', auth_time: claims.iat });
    expect((await service.get('/users/me', body.access_token)).status).toBe(200);
    expect((await service.get('/users/me', access_token)).status).toBe(200);
  });

  it('takes the code along with the password, in JSON and in a form', async () => {
    const { login, secret, codes } = await someoneWithFactor();
    const form = new URLSearchParams({ ...login, grant_type: 'password' });
    const refused = await service.post('/auth/login', form);
    const { sign_in_token, expires_in: _, factors, ...body } = refused.body;
    expectRefusedForm({ ...refused, body }, 403, 'factor-required', 'invalid_grant');
    expect({ sign_in_token, factors }).toEqual({
      sign_in_token: expect.any(String),
      factors: ['totp', 'recovery_code'],
    });

    const wrong = await service.post('/auth/login', { ...login, totp_code: '000000' });
    expectProblem(wrong, 401, 'invalid-proof');
    form.set('totp_code', totpCode(secret));
    expect((await service.post('/auth/login', form)).status).toBe(200);
    const next = { ...login, totp_code: totpCode(secret, 1) };
    expect((await service.post('/auth/login', { ...next, password: 'Wrong12345' })).body.type).toBe(
      '/problems/invalid-credentials',
    );
    expect((await service.post('/auth/login', next)).status).toBe(200);
    expect((await proceed(sign_in_token, { recovery_code: codes[0] })).status).toBe(200);
  });

  it('ignores a code where none is needed', async () => {
    const { login } = await someone();
    expect((await service.post('/auth/login', { ...login, totp_code: '123456' })).status).toBe(200);
  });

  it.each([
    ['no proof', {}, ['body', 'one_proof']],
    ['two proofs', { totp_code: '123456', recovery_code: '00000-00000' }, ['body', 'one_proof']],
    ['an unknown field', { totp_code: '123456', pass: 'x' }, ['body.pass', 'extra_forbidden']],
    ['null', { totp_code: null }, ['body.totp_code', 'code_format']],
    ['a number', { totp_code: 123456 }, ['body.totp_code', 'code_format']],
    ['5 digits', { totp_code: '12345' }, ['body.totp_code', 'code_format']],
    ['7 digits', { totp_code: '1234567' }, ['body.totp_code', 'code_format']],
    ['other digits', { totp_code: '١٢٣٤٥٦' }, ['body.totp_code', 'code_format']],
    ['a sign', { totp_code: '+12345' }, ['body.totp_code', 'code_format']],
    ['a short recovery code', { recovery_code: '0000-00000' }, ['body.recovery_code', 'code_format']],
  ] as [string, object, [string, string]][])(
    'with %s is invalid, and uses no try up',
    async (_, proof, error) => {
      const { login, secret, userId } = await someoneWithFactor();
      const token = await begin(login);
      expectInvalid(await proceed(token, proof), error);
      expect(await query('SELECT failures FROM auth_sign_ins WHERE user_id = $1', userId)).toEqual([
        { failures: 0 },
      ]);
      const code = totpCode(secret);
      const spaced = `${code.slice(0, 3)} ${code.slice(3)}`;
      expect((await proceed(token, { totp_code: spaced })).status).toBe(200);
    },
  );

  it('takes the codes of the step before and after this one, each once, and no others', async () => {
    const { login, secret, userId } = await someoneWithFactor();
    await query('UPDATE auth_totp SET last_step = 0 WHERE user_id = $1', userId);
    for (const [steps, status] of [
      [-2, 401],
      [2, 401],
      [-1, 200],
      [-1, 401],
      [0, 200],
      [0, 401],
      [1, 200],
      [1, 401],
      [0, 401],
    ])
      expect([
        steps,
        (await proceed(await begin(login), { totp_code: totpCode(secret, steps) })).status,
      ]).toEqual([steps, status]);
  });

  it('takes one code once: of 20 at a time with tokens of their own, later, elsewhere, and to confirm', async () => {
    const { login, secret } = await someoneWithFactor();
    const tokens: string[] = [];
    for (let i = 0; i < 20; i++) tokens.push(await begin(login));
    await earlyInStep(15);
    const proof = { totp_code: totpCode(secret) };
    const answers = await Promise.all(tokens.map((token) => proceed(token, proof)));
    expect(statuses(answers)).toEqual([200, ...Array.from({ length: 19 }, () => 401)]);
    expect(problemsOf(answers)).toEqual(['/problems/invalid-proof']);
    const { access_token } = answers.find(({ status }) => status === 200)!.body;
    expectProblem(await reauthenticate(access_token, proof), 401, 'invalid-proof');
    const other = await TestService.start({ on: service.database });
    try {
      expectProblem(await proceed(await begin(login, other), proof, other), 401, 'invalid-proof');
    } finally {
      await other.stop();
    }
  }, 60_000);

  it('takes one recovery code once, and one token once', async () => {
    const { login, secret, codes, userId, access_token } = await someoneWithFactor();
    const tokens: string[] = [];
    for (let i = 0; i < 20; i++) tokens.push(await begin(login));
    const written = codes[0].toUpperCase().replace('-', ' ');
    const answers = await Promise.all(tokens.map((token) => proceed(token, { recovery_code: written })));
    expect(statuses(answers)).toEqual([200, ...Array.from({ length: 19 }, () => 401)]);
    expect((await service.get('/users/me/factors', access_token)).body.recovery_codes_left).toBe(9);
    const { claims } = decode(answers.find(({ status }) => status === 200)!.body.access_token);
    expect(claims).toMatchObject({ amr: ['pwd', 'recovery', 'mfa'], acr: 'aal2' });

    await earlyInStep(15);
    const token = await begin(login);
    const before = await query('SELECT FROM auth_sessions WHERE user_id = $1', userId);
    const raced = await Promise.all(
      Array.from({ length: 20 }, (_, i) => proceed(token, { totp_code: totpCode(secret, i % 2) })),
    );
    expect(statuses(raced)).toEqual([200, ...Array.from({ length: 19 }, () => 401)]);
    expect(await query('SELECT FROM auth_sessions WHERE user_id = $1', userId)).toHaveLength(
      before.length + 1,
    );
    expectProblem(await proceed(token, { totp_code: totpCode(secret, 1) }), 401, 'invalid-sign-in');
  }, 60_000);

  it('ends after five wrong codes, for the right one too', async () => {
    const { login, secret } = await someoneWithFactor();
    const token = await begin(login);
    for (let i = 0; i < 5; i++)
      expectProblem(await proceed(token, { totp_code: '000000' }), 401, 'invalid-proof');
    expectProblem(await proceed(token, { totp_code: '000000' }), 401, 'invalid-sign-in');
    expectProblem(await proceed(token, { totp_code: totpCode(secret) }), 401, 'invalid-sign-in');
  });

  it('expires', async () => {
    const { login, secret, userId } = await someoneWithFactor();
    const token = await begin(login);
    await query('UPDATE auth_sign_ins SET expires_at = now() WHERE user_id = $1', userId);
    expectProblem(await proceed(token, { totp_code: totpCode(secret) }), 401, 'invalid-sign-in');
  });

  it.each<[string, (person: Awaited<ReturnType<typeof someoneWithFactor>>) => Promise<unknown>]>([
    [
      'the password was changed',
      ({ access_token }) =>
        service.post(
          '/users/me/password',
          { current_password: ada.password, new_password: 'Difference2' },
          access_token,
        ),
    ],
    [
      'the other sessions were ended',
      ({ access_token }) => service.delete('/users/me/sessions', access_token),
    ],
    [
      'the account was deactivated',
      async ({ userId }) => {
        const { access_token } = await admin();
        await service.patch(`/admin/users/${userId}`, { is_active: false }, access_token);
      },
    ],
    [
      'the factor was reset',
      async ({ userId }) => service.delete(`/admin/users/${userId}/factors`, (await admin()).access_token),
    ],
    [
      'the account was deleted',
      ({ access_token }) => service.delete('/users/me', access_token, { current_password: ada.password }),
    ],
  ])('ends when %s', async (_, happen) => {
    const person = await someoneWithFactor();
    const token = await begin(person.login);
    await happen(person);
    expect(await query('SELECT FROM auth_sign_ins WHERE user_id = $1', person.userId)).toEqual([]);
    expectProblem(await proceed(token, { totp_code: totpCode(person.secret) }), 401, 'invalid-sign-in');
  });

  it('is not skipped by a password reset', async () => {
    const { login, userId } = await someoneWithFactor();
    await query(
      `INSERT INTO auth_one_time_tokens (user_id, purpose, token_hash, email, expires_at)
       VALUES ($1, 'reset_password', sha256('reset'), 'x@example.com', now() + interval '1 hour')`,
      userId,
    );
    const reset = await service.post('/auth/password/reset', { token: 'reset', new_password: 'Difference2' });
    expect(reset.status).toBe(204);
    await begin({ ...login, password: 'Difference2' });
  });
});

/** An admin who has just signed in. */
async function admin() {
  const person = await someone();
  await service.app.get(UsersService, { strict: false }).update(person.userId, { role: 'admin' });
  return person;
}

describe('each kind of token', () => {
  it('is accepted in its own place only', async () => {
    const { login, secret, access_token, refresh_token } = await someoneWithFactor();
    const sign_in_token = await begin(login);
    const tokens = { sign_in_token, access_token, refresh_token, mail_token: 'a'.repeat(43) };
    for (const [name, token] of Object.entries(tokens)) {
      const code = { totp_code: totpCode(secret) };
      if (name !== 'sign_in_token') {
        expectProblem(await proceed(token, code), 401, 'invalid-sign-in');
        expectProblem(
          await service.post('/auth/login/enrol', { sign_in_token: token, type: 'totp' }),
          401,
          'invalid-sign-in',
        );
      }
      if (name !== 'access_token') expectProblem(await service.get('/users/me', token), 401, 'invalid-token');
      if (name !== 'refresh_token')
        expectProblem(
          await service.post('/auth/refresh', { refresh_token: token }),
          401,
          'invalid-refresh-token',
        );
      const reset = { token, new_password: 'Difference2' };
      expectProblem(await service.post('/auth/password/reset', reset), 400, 'invalid-token');
      expectProblem(await service.post('/auth/verify-email', { token }), 400, 'invalid-token');
      expectProblem(await service.post('/auth/email/confirm', { token }), 400, 'invalid-token');
    }
    const enrolled = await service.post('/auth/login/enrol', { sign_in_token, type: 'totp' });
    expect(enrolled).toMatchObject({
      status: 403,
      body: { type: '/problems/factor-required', sign_in_token },
    });
    expect((await proceed(sign_in_token, { totp_code: totpCode(secret) })).status).toBe(200);
  });
});

describe('an admin', () => {
  it('sees who has a factor, and removes a lost one, but not the own', async () => {
    const { userId, factorId, access_token, login } = await someoneWithFactor();
    const chief = await admin();
    const show = async (id: string) => (await service.get(`/admin/users/${id}`, chief.access_token)).body;
    expect(await show(userId)).toMatchObject({ factors: ['totp'], must_enrol: false });
    expect(await show(chief.userId)).toMatchObject({ factors: [], must_enrol: false });
    const { body: list } = await service.get('/admin/users?limit=100', chief.access_token);
    expect(list.items.find(({ id }: { id: string }) => id === userId)).toMatchObject({ factors: ['totp'] });

    const reset = (id: string) => service.delete(`/admin/users/${id}/factors`, chief.access_token);
    expectProblem(await reset(chief.userId), 403, 'not-for-yourself');
    expectProblem(await reset(factorId), 404, 'not-found');
    expect((await reset(userId)).status).toBe(204);
    expect((await reset(userId)).status).toBe(204);
    expectProblem(await service.get('/users/me', access_token), 401, 'invalid-token');
    expect((await service.post('/auth/login', login)).status).toBe(200);
    const trail = await query<{ type: string }>(
      'SELECT type FROM auth_audit_events WHERE user_id = $1',
      userId,
    );
    expect(trail.filter(({ type }) => type === 'authn_factor_reset')).toHaveLength(1);

    await age(service, chief.userId, 301);
    expectProblem(await reset(userId), 401, 'reauthentication-required');
  });
});

describe('a role that requires a second factor', () => {
  let strict: TestService;
  beforeAll(async () => {
    strict = await TestService.start({ auth: { secondFactor: { required: ['admin'] } } });
  });
  afterAll(() => strict.stop());

  it('has its users add one when they sign in', async () => {
    const person = await someone(strict);
    const { access_token: before, userId, login } = person;
    await strict.app.get(UsersService, { strict: false }).update(userId, { role: 'admin' });
    // The session was started without one.
    expectProblem(await strict.get('/users/me', before), 401, 'invalid-token');

    const refused = await strict.post('/auth/login', login);
    expectMembers(refused, 'factor-enrolment-required', { enrol: ['totp', 'passkey'] });
    const { sign_in_token } = refused.body;
    expectProblem(await proceed(sign_in_token, { totp_code: '123456' }, strict), 401, 'invalid-proof');
    const { status, body: setup } = await strict.post('/auth/login/enrol', { sign_in_token, type: 'totp' });
    expect({ status, setup }).toEqual({
      status: 200,
      setup: { secret: expect.any(String), uri: expect.any(String), qr_svg: expect.any(String) },
    });
    const { body } = await proceed(sign_in_token, { totp_code: totpCode(setup.secret) }, strict);
    expect(body.recovery_codes).toHaveLength(10);
    expect(decode(body.access_token).claims).toMatchObject({ acr: 'aal2' });

    const { items } = (await strict.get('/users/me/factors', body.access_token)).body;
    const removed = await strict.delete(`/users/me/factors/${items[0].id}`, body.access_token);
    expectProblem(removed, 409, 'factor-required-by-role');
    const shown = (await strict.get(`/admin/users/${userId}`, body.access_token)).body;
    expect(shown).toMatchObject({ factors: ['totp'], must_enrol: false });
    const other = await someone(strict);
    await strict.app.get(UsersService, { strict: false }).update(other.userId, { role: 'admin' });
    expect((await strict.get(`/admin/users/${other.userId}`, body.access_token)).body).toMatchObject({
      ...{ factors: [], must_enrol: true },
    });
  });

  it('lets nobody add one for an email address that was not verified', async () => {
    const person = { username: 'stranger', email: 'stranger@example.com', password: ada.password };
    const { id } = await strict.signUp(person);
    await strict.app.get(UsersService, { strict: false }).update(id, { role: 'admin' });
    expectProblem(
      await strict.post('/auth/login', { username: 'stranger', password: ada.password }),
      403,
      'email-not-verified',
    );
  });
});

describe('the budget of wrong codes', () => {
  let limited: TestService;
  beforeAll(async () => {
    limited = await TestService.start({
      rateLimit: true,
      auth: { rateLimits: { 'sign-in': false, register: false } },
    });
  });
  afterAll(() => limited.stop());

  it('is not reset by the right password, nor by another instance', async () => {
    const { login, secret } = await someoneWithFactor(limited);
    const other = await TestService.start({
      on: limited.database,
      rateLimit: true,
      auth: { rateLimits: { 'sign-in': false } },
    });
    try {
      for (let i = 0; i < 5; i++) {
        const at = i % 2 ? other : limited;
        expectProblem(
          await proceed(await begin(login, at), { totp_code: '000000' }, at),
          401,
          'invalid-proof',
        );
      }
      const waits = await proceed(await begin(login, limited), { totp_code: totpCode(secret) }, limited);
      expectProblem(waits, 429, 'too-many-requests');
      expect(Number(waits.headers.get('retry-after'))).toBeLessThanOrEqual(30);
    } finally {
      await other.stop();
    }
  });

  it('refuses the app after 100 wrong codes in a row, and a recovery code opens it again', async () => {
    const { login, secret, codes, userId } = await someoneWithFactor(limited);
    const right = async (proof: object) => proceed(await begin(login, limited), proof, limited);
    expectProblem(await right({ totp_code: '000000' }), 401, 'invalid-proof');
    await limited.database.query(
      'UPDATE auth_sign_in_failures SET failures = 100, recent = 0, wait_until = now()',
    );
    const sessions = () => limited.database.query('SELECT FROM auth_sessions WHERE user_id = $1', [userId]);
    const before = await sessions();
    expectProblem(await right({ totp_code: totpCode(secret) }), 401, 'invalid-proof');
    expect(await sessions()).toEqual(before);
    expect((await right({ recovery_code: codes[0] })).status).toBe(200);
    expect((await right({ totp_code: totpCode(secret, 1) })).status).toBe(200);
  });
});

describe('a database dump', () => {
  it('holds no secret, code or token', async () => {
    const { login, secret, codes } = await someoneWithFactor();
    const token = await begin(login);
    const tables = await query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'astra_jobs')`,
    );
    for (const { name } of tables) {
      const rows = JSON.stringify(await query(`SELECT * FROM ${name} AS t`));
      for (const canary of [secret, token, ...codes])
        expect([name, rows.includes(canary)]).toEqual([name, false]);
    }
  });

  it('goes on under another secret key', async () => {
    const { login, secret, codes } = await someoneWithFactor();
    const secretKey = 'the secret key that comes after it, of enough bytes';
    const next = await TestService.start({
      on: service.database,
      auth: { secretKey, previousSecretKeys: [SECRET_KEY] },
    });
    try {
      expect((await proceed(await begin(login, next), { totp_code: totpCode(secret) }, next)).status).toBe(
        200,
      );
      expect((await proceed(await begin(login, next), { recovery_code: codes[0] }, next)).status).toBe(200);
    } finally {
      await next.stop();
    }
    const alone = await TestService.start({ on: service.database, auth: { secretKey } });
    try {
      expect(
        (await proceed(await begin(login, alone), { totp_code: totpCode(secret, 1) }, alone)).status,
      ).toBe(200);
    } finally {
      await alone.stop();
    }
  });
});

describe('without second factors', () => {
  it('has no routes for them, neither served nor documented, and asks nobody for one', async () => {
    const { login } = await someoneWithFactor();
    // Sign-ins with providers continue at the same route.
    const features = { secondFactor: false, providers: false };
    const plain = await TestService.start({ on: service.database, auth: { features } });
    try {
      const { access_token } = await plain.signIn(login);
      for (const [method, path] of [
        ...[
          ['GET', '/users/me/factors'],
          ['POST', '/users/me/factors/totp'],
          ['POST', '/users/me/recovery-codes'],
        ],
        ...[
          ['POST', '/auth/login/continue'],
          ['POST', '/auth/login/enrol'],
        ],
      ])
        expectProblem(
          await plain.request(method, path, {
            body: method === 'POST' ? {} : undefined,
            token: access_token,
          }),
          404,
          'not-found',
        );
      const { body } = await plain.get<{ paths: object }>('//openapi.json');
      expect(Object.keys(body.paths).filter((path) => /factor|recovery|login\/./.test(path))).toEqual([]);
    } finally {
      await plain.stop();
    }
  });
});

describe('an account that is deleted while its user adds the factor that the sign-in needs', () => {
  let strict: TestService;
  beforeAll(async () => {
    strict = await TestService.start({ auth: { secondFactor: { required: ['moderator'] } } });
  });
  afterAll(() => strict.stop());

  it.each(['totp', 'passkey'])('is answered like a sign-in that has ended, for a %s', async (type) => {
    const { userId, login } = await someone(strict);
    await strict.app.get(UsersService, { strict: false }).update(userId, { role: 'moderator' });
    const { body } = await strict.post('/auth/login', login);
    // As after the sign-in was found, and before the account is read.
    await strict.database.query('UPDATE auth_users SET deleted_at = now() WHERE id = $1', [userId]);
    const { sign_in_token } = body as { sign_in_token: string };
    expectProblem(await strict.post('/auth/login/enrol', { sign_in_token, type }), 401, 'invalid-sign-in');
  });
});
