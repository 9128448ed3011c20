import { eventually } from '../support/eventually.js';
import { expectProblem } from '../support/expect-problem.js';
import { createFastApiDatabase, person } from './support/fastapi-database.js';
import { encode, forge, type Jwt } from '../support/forge.js';
import { runImport } from './support/run-import.js';
import type { TestDatabase } from '../support/test-database.js';
import { SECRET_KEY, TestService, type TestServiceOptions, type Tokens } from '../support/test-service.js';

const { jest } = import.meta;

const LEGACY_KEY = 'the SECRET_KEY of the FastAPI service';
const DAY = 24 * 60 * 60;
const now = () => Math.floor(Date.now() / 1000);

/** The tokens that the FastAPI service gave to somebody. */
const claimsOf = {
  access: (sub: string) => ({ sub, exp: now() + 1800, type: 'access' }),
  refresh: (sub: string) => ({ sub, exp: now() + 7 * DAY, type: 'refresh' }),
};
function legacy(
  type: 'access' | 'refresh',
  sub: string,
  { claims = {}, header = {}, key = LEGACY_KEY } = {},
) {
  const jwt: Jwt = {
    header: { alg: 'HS256', typ: 'JWT', ...header },
    claims: { ...claimsOf[type](sub), ...claims },
  };
  return forge(jwt, { key });
}

const names = [
  'ada',
  'root',
  'tab',
  'thief',
  'traveller',
  'late',
  'renamed',
  'recent',
  'idle',
  'changer',
  'leaver',
  'everywhere',
  'returner',
  'gone',
];
const racers = Array.from({ length: 20 }, (_, i) => `racer${i}`);
let service: TestService;
let original: TestDatabase;
beforeAll(async () => {
  service = await TestService.start({
    fastapi: { legacyTokens: { secretKey: LEGACY_KEY, until: new Date(Date.now() + 10 * DAY * 1000) } },
  });
  await service.signUp({ username: 'native', email: 'native@example.com' });
  original = await createFastApiDatabase([
    ...[...names, ...racers].map((name) => person(name, { role: name === 'root' ? 'admin' : 'user' })),
    person('dormant', { is_active: false }),
    person('Native', { email: 'other@example.com' }),
  ]);
  await runImport([], { from: original, on: service.database });
});
afterAll(async () => {
  await service.stop();
  await original.drop();
});

const me = (token: string, on = service) => on.get('/users/me', token);
const refresh = (token: string, on = service) => on.post<Tokens>('/auth/refresh', { refresh_token: token });

async function expectRefused(name: string, on = service): Promise<void> {
  expectProblem(await me(legacy('access', name), on), 401, 'invalid-token');
  expectProblem(await refresh(legacy('refresh', name), on), 401, 'invalid-refresh-token');
}

/** Somebody's tokens of both kinds, after they were seen to be good. */
async function signedIn(name: string): Promise<{ access: string; refresh: string }> {
  const access = legacy('access', name);
  expect(await me(access)).toMatchObject({ status: 200, body: { username: name } });
  return { access, refresh: legacy('refresh', name) };
}

async function expectEnded({
  access,
  refresh: refreshToken,
}: {
  access: string;
  refresh: string;
}): Promise<void> {
  expectProblem(await me(access), 401, 'invalid-token');
  expectProblem(await refresh(refreshToken), 401, 'invalid-refresh-token');
}

describe('an access token of the FastAPI service', () => {
  it('is that of the user who was taken over, with the role in the database', async () => {
    expect(await me(legacy('access', 'ada'))).toMatchObject({
      status: 200,
      body: { username: 'ada', email: 'ada@example.com', role: 'user' },
    });
    expect((await service.get('/users/admin-dashboard', legacy('access', 'root'))).status).toBe(200);
    expectProblem(
      await service.get('/users/admin-dashboard', legacy('access', 'ada')),
      403,
      'insufficient-role',
    );
  });

  it('begins no session', async () => {
    const { body } = await service.get('/users/me/sessions', legacy('access', 'ada'));
    expect(body).toMatchObject({ items: [], total: 0 });
  });

  it.each<[string, Parameters<typeof legacy>[2]]>([
    ['signed with the key of this service', { key: SECRET_KEY }],
    ['signed with no key', { key: '' }],
    ['of no algorithm', { header: { alg: undefined } }],
    ['of another algorithm', { header: { alg: 'HS512' } }],
    ['of an algorithm in other case', { header: { alg: 'hs256' } }],
    ['without a type in its header', { header: { typ: undefined } }],
    ['that says to be one of ours', { header: { typ: 'at+jwt' } }],
    ['with a critical extension', { header: { crit: ['exp'] } }],
    ['that is expired', { claims: { exp: now() - 1 } }],
    ['without an expiry', { claims: { exp: undefined } }],
    ['whose expiry is no number', { claims: { exp: String(now() + 900) } }],
    ['that lives for longer than any of that service', { claims: { exp: now() + 8 * DAY } }],
    ['without a type', { claims: { type: undefined } }],
    ['that is a refresh token', { claims: { type: 'refresh' } }],
    ['without a user', { claims: { sub: undefined } }],
    ['whose user is no text', { claims: { sub: { toString: 'ada' } } }],
    ['whose user nobody can be', { claims: { sub: 'a\0' } }],
    ['of a user in other case', { claims: { sub: 'ADA' } }],
    ['of a user whom only this service has', { claims: { sub: 'native' } }],
    ['of a user who could not be taken over', { claims: { sub: 'Native' } }],
    ['of a user who is inactive', { claims: { sub: 'dormant' } }],
  ])('%s is refused', async (_, changes) => {
    expectProblem(await me(legacy('access', 'ada', changes)), 401, 'invalid-token');
  });

  it.each<[string, (token: string) => string]>([
    ['without its signature', (token) => token.replace(/[^.]+$/, '')],
    ['with another spelling of its signature', (token) => `${token}=`],
    [
      'signed with HS512 under the right key',
      () =>
        forge(
          { header: { alg: 'HS512', typ: 'JWT' }, claims: claimsOf.access('ada') },
          { key: LEGACY_KEY, hash: 'sha512' },
        ),
    ],
    [
      'of the algorithm none',
      () => `${encode('{"alg":"none","typ":"JWT"}')}.${encode(JSON.stringify(claimsOf.access('ada')))}.`,
    ],
    [
      'with the claims of somebody else',
      (token) => token.replace(/\.[^.]+\./, `.${encode(JSON.stringify(claimsOf.access('root')))}.`),
    ],
    ['with a fourth part', (token) => `${token}.x`],
  ])('%s is refused', async (_, tamper) => {
    expectProblem(await me(tamper(legacy('access', 'ada'))), 401, 'invalid-token');
  });
});

describe('a refresh token of the FastAPI service', () => {
  it('begins a session like any other', async () => {
    const { status, body } = await refresh(legacy('refresh', 'ada'));
    expect(status).toBe(200);
    expect(await me(body.access_token)).toMatchObject({ status: 200, body: { username: 'ada' } });
    expect(await refresh(body.refresh_token)).toMatchObject({ status: 200 });
    const sessions = await service.get('/users/me/sessions', body.access_token);
    expect(sessions.body).toMatchObject({ items: [{ current: true }], total: 1 });
    const events = await service.get('/users/me/events', body.access_token);
    expect(events.body.items[0]).toMatchObject({
      type: 'authn_login_success',
      data: { reason: 'legacy_token' },
    });
  });

  it('is good for one session, however many tabs come with it at once', async () => {
    const token = legacy('refresh', 'tab');
    const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(token)));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    const { body } = await service.get('/users/me/sessions', answers[0].body.access_token);
    expect(body.total).toBe(1);
  });

  it('whose answer was lost gets the same tokens later', async () => {
    const token = legacy('refresh', 'traveller');
    const { body: lost } = await refresh(token);
    await service.database.query(
      `UPDATE auth_sessions SET last_used_at = now() - interval '13 hours'
        WHERE user_id = (SELECT id FROM auth_users WHERE username = 'traveller')`,
    );
    const { body } = await refresh(token);
    expect(body.refresh_token).toBe(lost.refresh_token);
    expect(await me(body.access_token)).toMatchObject({ status: 200 });
  });

  it('ends its session when it is used again later', async () => {
    const token = legacy('refresh', 'thief');
    const { body } = await refresh(token);
    const session = `(SELECT id FROM auth_users WHERE username = 'thief')`;
    expect(await me(body.access_token)).toMatchObject({ status: 200 });
    await eventually(async () => {
      const changed = await service.database.query(
        `UPDATE auth_sessions SET last_used_at = now() - interval '11 seconds', confirmed_at = now() - interval '11 seconds'
          WHERE user_id = ${session} AND confirmed_at IS NOT NULL RETURNING id`,
      );
      expect(changed).toHaveLength(1);
    }, 10_000);
    expectProblem(await refresh(token), 401, 'invalid-refresh-token');
    expectProblem(await me(body.access_token), 401, 'invalid-token');
    expectProblem(await refresh(body.refresh_token), 401, 'invalid-refresh-token');
    expectProblem(await refresh(token), 401, 'invalid-refresh-token');
    expect(
      await service.database.query(
        `SELECT count(*)::int FROM auth_audit_events WHERE type = 'authn_token_reuse' AND user_id = ${session}`,
      ),
    ).toEqual([{ count: 1 }]);
  });

  it('is no access token, and an access token no refresh token', async () => {
    expectProblem(await me(legacy('refresh', 'ada')), 401, 'invalid-token');
    expectProblem(await refresh(legacy('access', 'ada')), 401, 'invalid-refresh-token');
  });

  it.each([
    ['of a user who was not taken over', legacy('refresh', 'nobody')],
    ['of a user who is inactive', legacy('refresh', 'dormant')],
    ['that is expired', legacy('refresh', 'late', { claims: { exp: now() - 1 } })],
    ['signed with the key of this service', legacy('refresh', 'late', { key: SECRET_KEY })],
  ])('%s is refused', async (_, token) => {
    expectProblem(await refresh(token), 401, 'invalid-refresh-token');
  });
});

describe('tokens of the FastAPI service', () => {
  it('stay those of who had the name there, whoever has it by now', async () => {
    const { access_token } = await service.signIn({ username: 'renamed', password: 'Test1234' });
    await service.patch('/users/me', { username: 'was-renamed' }, access_token);
    await service.signUp({ username: 'renamed', email: 'new-renamed@example.com' });
    expect(await me(legacy('access', 'renamed'))).toMatchObject({ body: { username: 'was-renamed' } });
    const { body } = await refresh(legacy('refresh', 'renamed'));
    expect(await me(body.access_token)).toMatchObject({ body: { username: 'was-renamed' } });
  });

  it('are no recent sign-in, nor is a session that one of them began', async () => {
    const access = legacy('access', 'recent');
    const { body } = await refresh(legacy('refresh', 'recent'));
    for (const token of [access, body.access_token]) {
      expectProblem(await service.get('/users/me/export', token), 401, 'reauthentication-required');
      const change = { new_email: 'other-recent@example.com' };
      expectProblem(await service.post('/users/me/email', change, token), 401, 'reauthentication-required');
      const confirmed = { ...change, current_password: 'Test1234' };
      expect((await service.post('/users/me/email', confirmed, token)).status).toBe(202);
    }
    const rename = { username: 'newer' };
    const root = legacy('access', 'root');
    const { body: found } = await service.get('/admin/users?q=recent', root);
    const renamed = await service.patch(`/admin/users/${found.items[0].id}`, rename, root);
    expectProblem(renamed, 401, 'reauthentication-required');

    const proof = { password: 'Test1234' };
    expectProblem(await service.post('/users/me/reauthenticate', proof, access), 401, 'invalid-token');
    expect((await service.post('/users/me/reauthenticate', proof, body.access_token)).status).toBe(200);
    expect((await service.get('/users/me/export', body.access_token)).status).toBe(200);
  });

  it('end with a deactivation, for good', async () => {
    const tokens = await signedIn('idle');
    const { body } = await me(tokens.access);
    const { access_token: admin } = await service.signIn({ username: 'root', password: 'Test1234' });
    for (const is_active of [false, true]) {
      expect((await service.patch(`/admin/users/${body.id}`, { is_active }, admin)).status).toBe(200);
      await expectEnded(tokens);
    }
    await service.signIn({ username: 'idle', password: 'Test1234' });
  });

  it('end with a new password', async () => {
    const tokens = await signedIn('changer');
    const { access_token } = await service.signIn({ username: 'changer', password: 'Test1234' });
    const passwords = { current_password: 'Test1234', new_password: 'Nanosecond30cm' };
    expect((await service.post('/users/me/password', passwords, access_token)).status).toBe(204);
    await expectEnded(tokens);
    expect((await me(access_token)).status).toBe(200);
  });

  it.each([
    ['everywhere', 'logout-all'],
    ['leaver', 'logout'],
  ])('end when %s signs out by POST /auth/%s', async (name, route) => {
    const tokens = await signedIn(name);
    expect((await service.post(`/auth/${route}`, undefined, tokens.access)).status).toBe(204);
    await expectEnded(tokens);
    const { access_token } = await service.signIn({ username: name, password: 'Test1234' });
    const events = await service.get('/users/me/events', access_token);
    expect(events.body.items[1]).toMatchObject({ type: 'session_expired', data: { reason: 'logout' } });
  });

  it('end when one is given back, and the session with them that it began', async () => {
    const tokens = await signedIn('returner');
    const { body } = await refresh(tokens.refresh);
    const other = legacy('refresh', 'returner', { claims: { exp: now() + 6 * DAY } });
    expect((await service.post('/auth/revoke', { token: tokens.refresh })).status).toBe(200);
    await expectEnded(tokens);
    expectProblem(await me(body.access_token), 401, 'invalid-token');
    expectProblem(await refresh(other), 401, 'invalid-refresh-token');
  });

  it('leave no session behind that is begun while the user signs out everywhere', async () => {
    await Promise.all(
      racers.map(async (name) => {
        const [{ body }, logout] = await Promise.all([
          refresh(legacy('refresh', name)),
          service.post('/auth/logout-all', undefined, legacy('access', name)),
        ]);
        expect(logout.status).toBe(204);
        if (body.access_token) expectProblem(await me(body.access_token), 401, 'invalid-token');
        expectProblem(await refresh(legacy('refresh', name)), 401, 'invalid-refresh-token');
      }),
    );
  });

  it('end with the account', async () => {
    const tokens = await signedIn('gone');
    const answer = await service.delete('/users/me', tokens.access, { current_password: 'Test1234' });
    expect(answer.status).toBe(204);
    await expectEnded(tokens);
  });

  it('are refused where addresses must be verified and theirs is not', async () => {
    const strict = await instance({ auth: { emailVerification: 'required' } });
    await expectRefused('late', strict);
    await service.database.query(`UPDATE auth_users SET email_verified_at = now() WHERE username = 'late'`);
    expect((await me(legacy('access', 'late'), strict)).status).toBe(200);
    expect((await refresh(legacy('refresh', 'late'), strict)).status).toBe(200);
    await strict.stop();
  });

  it('are refused from the end of the cut-over on', async () => {
    const until = new Date(Date.now() + DAY * 1000);
    const closing = await instance({ fastapi: { legacyTokens: { secretKey: LEGACY_KEY, until } } });
    const token = legacy('access', 'ada', { claims: { exp: now() + 2 * DAY } });
    // Everything runs on but the clock.
    jest.useFakeTimers({ now: until.getTime() - 1000, doNotFake: timers });
    try {
      expect((await me(token, closing)).status).toBe(200);
      jest.setSystemTime(until);
      expectProblem(await me(token, closing), 401, 'invalid-token');
    } finally {
      jest.useRealTimers();
      await closing.stop();
    }
  });

  it('are refused where no key is set', async () => {
    const modern = await instance({ fastapi: {} });
    await expectRefused('ada', modern);
    await modern.stop();
  });
});

const timers = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const),
  ...([
    'setImmediate',
    'clearImmediate',
    'setInterval',
    'clearInterval',
    'setTimeout',
    'clearTimeout',
  ] as const),
];

/** Another instance on the same database, of other settings. */
function instance(options: Pick<TestServiceOptions, 'auth' | 'fastapi'>): Promise<TestService> {
  const until = new Date(Date.now() + DAY * 1000);
  return TestService.start({
    on: service.database,
    fastapi: { legacyTokens: { secretKey: LEGACY_KEY, until } },
    ...options,
  });
}
