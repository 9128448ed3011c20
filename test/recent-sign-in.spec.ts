import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DataSource } from 'typeorm';
import { PasswordsService } from '../src/auth/passwords/passwords.service.js';
import { SessionsService } from '../src/auth/sessions/sessions.service.js';
import { TokenPairs } from '../src/auth/tokens/token-pairs.js';
import { Role } from '../src/settings/role.js';
import { SoftAuthenticator } from '../src/testing/soft-authenticator.js';
import { UsersService } from '../src/users/users.service.js';
import { age } from './support/aged-session.js';
import { previousCode, totpCode } from './support/authenticator.js';
import { hostKind } from './support/contract-host.js';
import { ORIGIN } from './support/passkey-holder.js';
import { expectInvalid, expectProblem } from './support/expect-problem.js';
import { servedRoutes } from './support/served-routes.js';
import { ada, type Answer, TestService } from './support/test-service.js';

const { password } = ada;

/** A route that asks for a recent sign-in, and what it answers after one. */
interface Row {
  status: number;
  /** A function is called after the recent sign-in. */
  body?: object | ((person: Person) => Promise<object>);
  /** Default: one. */
  factors?: 2;
  /** Default: that of another user. */
  id?: (person: Person) => string;
  /** Whether the other user was deleted before. */
  isDeleted?: boolean;
}

/** Every route that asks for a recent sign-in. */
const asking: Record<string, Row> = {
  'POST /api/v1/users/me/password': { status: 204, body: { new_password: 'Difference2' } },
  'POST /api/v1/users/me/email': { status: 202, body: { new_email: 'elsewhere@example.com' } },
  // The password of this person exists.
  'PUT /api/v1/users/me/password': { status: 409, body: { new_password: 'Difference2' } },
  'DELETE /api/v1/users/me/password': { status: 204, factors: 2 },
  'PATCH /api/v1/users/me': { status: 200, body: { username: 'countess' } },
  'DELETE /api/v1/users/me': { status: 204 },
  'GET /api/v1/users/me/export': { status: 200 },
  'POST /api/v1/users/me/factors/totp': { status: 409, body: {} },
  'DELETE /api/v1/users/me/factors/{id}': { status: 204, factors: 2, id: ({ factorId }) => factorId },
  'POST /api/v1/users/me/recovery-codes': { status: 200, factors: 2 },
  'POST /api/v1/users/me/passkeys/options': { status: 200 },
  'POST /api/v1/users/me/passkeys': { status: 201, body: newPasskey },
  'DELETE /api/v1/users/me/passkeys/{id}': { status: 204, factors: 2, id: ({ passkeyId }) => passkeyId },
  // Nobody has an identity, and there is no provider.
  'POST /api/v1/users/me/identities/{name}/authorize': {
    ...{ status: 404, body: { redirect_to: 'http://localhost:8000/account' } },
  },
  'DELETE /api/v1/users/me/identities/{id}': { status: 404 },

  'POST /api/v1/users/me/api-keys': { status: 201, body: { name: 'Export', scopes: ['profile:read'] } },

  'POST /api/v1/admin/users': {
    ...{ status: 201, body: { username: 'newcomer', email: 'newcomer@example.com', role: 'admin' } },
  },
  'POST /api/v1/admin/service-accounts': { status: 201, body: { username: 'a-program', role: 'user' } },
  // The victim is a person.
  'POST /api/v1/admin/users/{id}/api-keys': {
    ...{ status: 403, body: { name: 'Export', scopes: ['profile:read'] } },
  },
  'PATCH /api/v1/admin/users/{id}': { status: 200, body: { role: 'moderator' } },
  'DELETE /api/v1/admin/users/{id}': { status: 204 },
  'POST /api/v1/admin/users/{id}/restore': { status: 200, isDeleted: true },
  'POST /api/v1/admin/users/{id}/password-reset': { status: 202 },
  'DELETE /api/v1/admin/users/{id}/factors': { status: 204 },
  // The other user has no passkey.
  'DELETE /api/v1/admin/users/{id}/passkeys/{pid}': { status: 404 },
  'DELETE /api/v1/admin/users/{id}/sessions': { status: 204 },
  'POST /api/v1/admin/webhooks': { status: 201, body: { url: 'https://hooks.example.com', types: ['*'] } },
  // There is no webhook with the id of the other user.
  'PATCH /api/v1/admin/webhooks/{id}': { status: 404, body: { enabled: false } },
  'DELETE /api/v1/admin/webhooks/{id}': { status: 404 },
  'POST /api/v1/admin/webhooks/{id}/secret': { status: 404 },
};

/** Every other route for signed-in users. A new route that is in neither list fails the test. */
const others = [
  'POST /api/v1/auth/logout',
  'POST /api/v1/auth/logout-all',
  'GET /api/v1/users/me',
  'GET /api/v1/users/me/api-keys',
  'PATCH /api/v1/users/me/api-keys/{id}',
  'DELETE /api/v1/users/me/api-keys/{id}',
  'GET /api/v1/users/me/events',
  'GET /api/v1/users/me/factors',
  'POST /api/v1/users/me/factors/totp/confirm',
  'PATCH /api/v1/users/me/factors/{id}',
  'GET /api/v1/users/me/identities',
  'GET /api/v1/users/me/passkeys',
  'PATCH /api/v1/users/me/passkeys/{id}',
  'POST /api/v1/users/me/reauthenticate',
  'POST /api/v1/users/me/reauthenticate/options',
  'GET /api/v1/users/me/sessions',
  'DELETE /api/v1/users/me/sessions',
  'DELETE /api/v1/users/me/sessions/{id}',
  'GET /api/v1/users/admin-dashboard',
  'GET /api/v1/users/moderator-panel',
  'GET /api/v1/admin/users',
  'GET /api/v1/admin/users/{id}',
  'GET /api/v1/admin/users/{id}/identities',
  'GET /api/v1/admin/users/{id}/sessions',
  'GET /api/v1/admin/users/{id}/api-keys',
  'DELETE /api/v1/admin/users/{id}/api-keys/{key}',
  'GET /api/v1/admin/audit-events',
  'GET /api/v1/admin/mail-counts',
  'GET /api/v1/admin/webhooks',
  'GET /api/v1/admin/webhooks/{id}',
  'GET /api/v1/admin/webhooks/{id}/deliveries',
  'POST /api/v1/admin/webhooks/{id}/deliveries/{delivery}/retry',
  'POST /api/v1/admin/webhooks/{id}/test',
];

let service: TestService;
let passwordHash: string;
beforeAll(async () => {
  service = await TestService.start({ webhooks: true });
  passwordHash = await service.app.get(PasswordsService, { strict: false }).hash(password);
  await someone(Role.Admin);
});
afterAll(() => service.stop());

/** Makes an account and signs it in, without the time that a password takes. */
async function someone(role: Role = Role.User, at = service) {
  const username = `u${randomUUID()}`;
  const users = at.app.get(UsersService, { strict: false });
  const email = `${username}@example.com`;
  const user = await users.create({ username, email, passwordHash, role, emailVerified: true });
  const client = { ip: null, userAgent: null, requestId: username };
  const { accessToken: token } = await at.app.get(DataSource).transaction(async (tx) => {
    const session = await at.app
      .get(SessionsService, { strict: false })
      .start(user, { client, methods: ['pwd'] }, tx);
    return at.app.get(TokenPairs, { strict: false }).issue(session);
  });
  return { id: user.id, username, email, token };
}

/** Somebody with an authenticator app and a passkey. */
async function someoneWithFactor(role: Role) {
  const person = await someone(role);
  const { body: setup } = await service.post('/users/me/factors/totp', {}, person.token);
  const confirmation = { id: setup.id, totp_code: await previousCode(setup.secret) };
  expect((await service.post('/users/me/factors/totp/confirm', confirmation, person.token)).status).toBe(200);
  const { body: created } = await service.post('/users/me/passkeys', await newPasskey(person), person.token);
  return {
    ...person,
    ...{ factorId: setup.id as string, secret: setup.secret as string, passkeyId: created.id as string },
  };
}

/** Creates a passkey of somebody, to be added. */
async function newPasskey({ token }: { token: string }): Promise<object> {
  const { body } = await service.post('/users/me/passkeys/options', undefined, token);
  return { passkey: new SoftAuthenticator({ origin: ORIGIN }).create(body) };
}
type Person = Awaited<ReturnType<typeof someoneWithFactor>>;

const stale = async (role?: Role, at = service) => {
  const person = await someone(role, at);
  await age(at, person.id, 301);
  return person;
};

function expectChallenge(answer: Answer, factors = 1) {
  expectProblem(answer, 401, 'reauthentication-required');
  const two = factors === 2 ? ' acr_values="aal2",' : '';
  expect(answer.headers.get('www-authenticate')).toBe(
    `Bearer error="insufficient_user_authentication",${two} max_age="300"`,
  );
}

const routeOf = (name: string, id: string) => {
  const [method, path] = name.split(' ');
  return [method, path.replace('/api/v1', '').replaceAll(/\{\w+\}/g, id)] as const;
};

describe('every route for signed-in users', () => {
  if (!hostKind) {
    it('either asks for a recent sign-in or is known not to, as the OpenAPI document says', async () => {
      const { body } = await service.get('//openapi.json');
      // The callback of providers, which browsers are redirected to, is in no document.
      const isRoute = (name: string) => name.includes(' /api/v1/') && !name.endsWith('/callback');
      const served = new Set((await servedRoutes(service)).filter(isRoute));
      const documented: Record<string, boolean> = {};
      for (const [path, operations] of Object.entries<Record<string, any>>(body.paths))
        for (const [method, { security, responses }] of Object.entries<any>(operations)) {
          const name = `${method.toUpperCase()} ${path}`;
          const examples = responses[401]?.content['application/problem+json']?.examples ?? {};
          expect([name, served.delete(name) || !name.includes(' /api/v1/')]).toEqual([name, true]);
          if (security) documented[name] = 'reauthentication-required' in examples;
        }
      expect([...served]).toEqual([]);
      expect(documented).toEqual({
        ...Object.fromEntries(Object.keys(asking).map((name) => [name, true])),
        ...Object.fromEntries(others.map((name) => [name, false])),
      });
    });
  }

  it('is listed in docs/second-factors.md, if it asks for a recent sign-in', async () => {
    const page = await readFile('docs/second-factors.md', 'utf8');
    const [, table] = page.split('requires a recent');
    const rows = table.matchAll(/^\| `([A-Z]+) (\/\S+)`.*\| (sign-in|second factor)/gm);
    const listed = [...rows].map(([, method, path, proof]) => [`${method} /api/v1${path}`, proof]);
    expect(Object.fromEntries(listed)).toEqual(
      Object.fromEntries(
        Object.entries(asking).map(([name, { factors }]) => [name, factors ? 'second factor' : 'sign-in']),
      ),
    );
  });

  it.each(Object.entries(asking))('%s asks for a recent sign-in', async (name, row) => {
    const { status, body, factors, id, isDeleted } = row;
    const person = await someoneWithFactor(name.includes('/admin/') ? Role.Admin : Role.User);
    const victim = await someone();
    if (isDeleted) await service.delete(`/admin/users/${victim.id}`, person.token);
    const [method, path] = routeOf(name, id?.(person) ?? victim.id);
    const ask = (input?: object) => service.request(method, path, { body: input, token: person.token });

    await age(service, person.id, 301);
    expectChallenge(await ask(typeof body === 'function' ? {} : body), factors);
    // The answer does not depend on what else is wrong.
    expectChallenge(await ask(method === 'GET' ? undefined : { nonsense: true, ...body }), factors);

    const proof = factors ? { totp_code: totpCode(person.secret) } : { password };
    const { status: renewed } = await service.post('/users/me/reauthenticate', proof, person.token);
    expect(renewed).toBe(200);
    expect((await ask(typeof body === 'function' ? await body(person) : body)).status).toBe(status);
  });

  it.each(others)('%s does not', async (name) => {
    const person = await stale(Role.Admin);
    const [method, path] = routeOf(name, person.id);
    const body = /^(POST|PATCH)/.test(name) ? {} : undefined;
    const { body: answer } = await service.request(method, path, { body, token: person.token });
    expect(answer.type).not.toBe('/problems/reauthentication-required');
  });

  it('lets a recent password prove one factor, and not two', async () => {
    const person = await someoneWithFactor(Role.User);
    await age(service, person.id, 301);
    await service.post('/users/me/reauthenticate', { password }, person.token);
    const remove = (body?: object) =>
      service.delete(`/users/me/factors/${person.factorId}`, person.token, body);
    expectChallenge(await remove(), 2);
    expectChallenge(await remove({ current_password: password }), 2);
  });
});

describe('a name that is no credential', () => {
  it('is changed without a recent sign-in, alone', async () => {
    const person = await stale();
    const change = (body: object) => service.patch('/users/me', body, person.token);
    expect((await change({ full_name: 'Ada' })).status).toBe(200);
    expectChallenge(await change({ full_name: 'Ada', username: 'augusta' }));
    expectChallenge(await change({ username: null }));
    expectInvalid(await change({ full_name: 'Ada', current_password: password }), [
      'body.current_password',
      'extra_forbidden',
    ]);
  });

  it('is changed by an admin without a recent sign-in, alone', async () => {
    const [admin, victim] = [await stale(Role.Admin), await someone()];
    const change = (body: object, by = admin) => service.patch(`/admin/users/${victim.id}`, body, by.token);
    expect((await change({ full_name: 'Ada' })).status).toBe(200);
    for (const right of [
      { role: 'admin' },
      { is_active: true },
      { email_verified: true },
      { username: 'lovelace' },
    ])
      expectChallenge(await change({ full_name: 'Ada', ...right }));
    expectChallenge(await change({ is_active: false }, await stale(Role.Moderator)));
    // Whoever may not do it anyway is told so.
    expectProblem(await change({ role: 'admin' }, await stale()), 403, 'insufficient-role');
  });
});

describe('the current password in the body', () => {
  const withPassword = [
    ['POST', '/users/me/password', { new_password: 'Difference2' }, 204],
    ['POST', '/users/me/email', { new_email: 'elsewhere@example.com' }, 202],
    ['DELETE', '/users/me', {}, 204],
  ] as const;
  const ask = (method: string, path: string, token: string, body: object, at = service) =>
    at.request(method, path, { body, token });

  it.each(withPassword)('does for %s %s, for this request only', async (method, path, body, status) => {
    const person = await stale();
    const done = await ask(method, path, person.token, { ...body, current_password: password });
    expect(done.status).toBe(status);
    if (method === 'POST') expectChallenge(await ask(method, path, person.token, body));
  });

  it.each(withPassword)('is refused by %s %s if it is wrong', async (method, path, body) => {
    for (const person of [await someone(), await stale()]) {
      const wrong = await ask(method, path, person.token, { ...body, current_password: 'Wrong12345' });
      expectProblem(wrong, 401, 'invalid-credentials');
      for (const [value, code] of [
        [null, 'string_type'],
        [1, 'string_type'],
        [[password], 'string_type'],
        [{ password }, 'string_type'],
        ['x'.repeat(513), 'password_too_long'],
        ['\0', 'string_unicode'],
      ])
        expectInvalid(await ask(method, path, person.token, { ...body, current_password: value }), [
          'body.current_password',
          code as string,
        ]);
      const empty = await ask(method, path, person.token, { ...body, current_password: '' });
      expectProblem(empty, 401, 'invalid-credentials');
      const megabyte = await ask(method, path, person.token, {
        ...body,
        current_password: 'x'.repeat(2 ** 20),
      });
      expectProblem(megabyte, 413, 'content-too-large');
      expect((await service.get('/users/me', person.token)).body.username).toBe(person.username);
    }
  });

  it.each(withPassword)(
    'is not needed by %s %s of an account without one',
    async (method, path, body, status) => {
      const person = await stale();
      await service.database.query('UPDATE auth_users SET hashed_password = NULL WHERE id = $1', [person.id]);
      expectChallenge(await ask(method, path, person.token, body));
      const refused = await ask(method, path, person.token, { ...body, current_password: password });
      expectProblem(refused, 401, 'invalid-credentials');
      await age(service, person.id, -301);
      const empty = await ask(method, path, person.token, { ...body, current_password: '' });
      expectProblem(empty, 401, 'invalid-credentials');
      expect((await ask(method, path, person.token, body)).status).toBe(status);
    },
  );

  it('has five tries in five minutes, which the session shares with its other proofs', async () => {
    const limited = await TestService.start({
      rateLimit: true,
      auth: { rateLimits: { 'sign-in': false, 'password-change': false } },
    });
    try {
      const person = await stale(Role.User, limited);
      const wrong = { new_password: 'Difference2', current_password: 'Wrong12345' };
      for (let i = 0; i < 5; i++) {
        const answer =
          i % 2
            ? await limited.post('/users/me/reauthenticate', { password: 'Wrong12345' }, person.token)
            : await limited.post('/users/me/password', wrong, person.token);
        expect(answer.status).toBe(401);
      }
      const right = { ...wrong, current_password: password };
      expectProblem(await limited.post('/users/me/password', right, person.token), 429, 'too-many-requests');
      // A request that says nothing is no guess.
      expectChallenge(
        await limited.post('/users/me/password', { new_password: 'Difference2' }, person.token),
      );
      await age(limited, person.id, -301);
      const recent = await limited.post('/users/me/password', { new_password: 'Difference2' }, person.token);
      expect(recent.status).toBe(204);
    } finally {
      await limited.stop();
    }
  });
});

describe('a recent sign-in', () => {
  it('is as recent as the settings say', async () => {
    const patient = await TestService.start({ on: service.database, auth: { reauthenticationTtl: 3_600 } });
    try {
      const person = await stale(Role.User, patient);
      expect((await patient.get('/users/me/export', person.token)).status).toBe(200);
      await age(patient, person.id, 3_300);
      const refused = await patient.get('/users/me/export', person.token);
      expect(refused.headers.get('www-authenticate')).toContain('max_age="3600"');
      const asked = await patient.post('/users/me/password', { new_password: 'Difference2' }, person.token);
      expect(asked.headers.get('www-authenticate')).toContain('max_age="3600"');
    } finally {
      await patient.stop();
    }
  });

  it.each([
    ['POST', '/users/me/password', { new_password: 'Difference2' }],
    ['POST', '/users/me/email', { new_email: 'elsewhere@example.com' }],
    ['DELETE', '/users/me', undefined],
    ['DELETE', '/users/me/password', undefined],
  ])('%s %s does nothing for a session that ended meanwhile', async (method, path, body) => {
    const person = await someoneWithFactor(Role.User);
    const ending = service.app.get(DataSource).createQueryRunner();
    await ending.startTransaction();
    // The account first, as all that ends sessions does. No instance knows of it before the commit.
    await ending.query('SELECT FROM auth_users WHERE id = $1 FOR NO KEY UPDATE', [person.id]);
    await ending.query('UPDATE auth_sessions SET ended_at = now() WHERE user_id = $1', [person.id]);
    const asking = service.request(method, path, { body, token: person.token });
    await somebodyWaits();
    await ending.commitTransaction();
    await ending.release();
    expectProblem(await asking, 401, 'invalid-token');
    const left = 'SELECT hashed_password, deleted_at FROM auth_users WHERE id = $1';
    expect(await service.database.query(left, [person.id])).toEqual([
      { hashed_password: passwordHash, deleted_at: null },
    ]);
    const links = 'SELECT FROM auth_one_time_tokens WHERE user_id = $1';
    expect(await service.database.query(links, [person.id])).toEqual([]);
  });

  it('ends on every instance with its session, and is renewed on every instance', async () => {
    const other = await TestService.start({ on: service.database });
    try {
      const [person, spent] = [await stale(), await someone()];
      for (const at of [service, other]) expectChallenge(await at.get('/users/me/export', person.token));
      expect((await other.post('/users/me/reauthenticate', { password }, person.token)).status).toBe(200);
      await untilStatus(200, () => service.get('/users/me/export', person.token));

      for (const at of [service, other]) expect((await at.get('/users/me', spent.token)).status).toBe(200);
      await other.post('/auth/logout-all', undefined, spent.token);
      await untilStatus(401, () => service.get('/users/me', spent.token));
      const late = await service.post('/users/me/password', { new_password: 'Difference2' }, spent.token);
      expectProblem(late, 401, 'invalid-token');
    } finally {
      await other.stop();
    }
  });
});

async function untilStatus(expected: number, ask: () => Promise<Answer>): Promise<void> {
  const before = Date.now();
  while ((await ask()).status !== expected)
    if (Date.now() - before > 1_000) throw new Error(`Not ${expected} within a second`);
}

async function somebodyWaits(): Promise<void> {
  const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  for (let i = 0; i < 400; i++) {
    if ((await service.database.query(waiting)).length > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('Nobody waits for the account');
}
