import { Role } from '../src/settings/role.js';
import { type UserChanges, UsersService } from '../src/users/users.service.js';
import { eventually } from './support/eventually.js';
import { expectGuardedHeaders, expectProblem } from './support/expect-problem.js';
import { TestService, type Tokens } from './support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.stop());

const me = (token: string, at = service) => at.get('/users/me', token);
const change = (id: string, changes: UserChanges) => service.app.get(UsersService).update(id, changes);
const signUp = (username: string) => service.signUp({ username, email: `${username}@example.com` });

async function expectLetIn(token: string, at = service): Promise<void> {
  expect(await me(token, at)).toMatchObject({ status: 200 });
}

async function expectRefused(token: string, at = service): Promise<void> {
  const answer = await me(token, at);
  expectProblem(answer, 401, 'invalid-token');
  expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
}

describe('a closed route', () => {
  it.each([
    ['GET', '/users/me'],
    ['PATCH', '/users/me'],
    ['POST', '/auth/logout'],
    ['GET', '/users/admin-dashboard'],
    ['GET', '/users/moderator-panel'],
  ])('asks for a token: %s %s', async (method, path) => {
    const answer = await service.request(method, path);
    expectProblem(answer, 401, 'not-authenticated');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('asks for a token to answer HEAD', async () => {
    const answer = await service.request('HEAD', '/users/me');
    expect(answer).toMatchObject({ status: 401, body: '' });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it.each(['Basic YWRhOkFuYWx5dGljYWwx', 'Bearer', 'Bearer ', 'Token x', 'x'])(
    'finds no token in "Authorization: %s"',
    async (authorization) => {
      const answer = await service.request('GET', '/users/me', { headers: { authorization } });
      expectProblem(answer, 401, 'not-authenticated');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    },
  );

  it('takes no token with something after it', async () => {
    const { access_token: token } = await signUp('talkative');
    expect((await service.get('/users/me', token)).status).toBe(200);
    for (const more of [' x', ', Bearer x', ',x', '  x y', ';', '\tx', '=']) {
      const answer = await service.get('/users/me', token + more);
      expectProblem(answer, 401, 'invalid-token');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    }
  });

  it('takes the scheme in any case, and a token from nowhere but the header', async () => {
    const { access_token: token } = await signUp('anycase');
    const headers = { authorization: `bEaReR ${token}` };
    expect(await service.request('GET', '/users/me', { headers })).toMatchObject({ status: 200 });

    const cookie = { cookie: `access_token=${token}` };
    expectProblem(await service.request('GET', '/users/me', { headers: cookie }), 401, 'not-authenticated');
    expectProblem(await service.get(`/users/me?access_token=${token}`), 401, 'not-authenticated');
  });

  it('asks for a token before it looks at the body', async () => {
    expectProblem(await service.patch('/users/me', { role: 'admin' }), 401, 'not-authenticated');
  });
});

describe('a route for roles', () => {
  const admin = {
    message: 'Welcome to admin dashboard, grace!',
    role: 'admin',
    access_level: 'administrator',
  };
  const panel = (role: string) => ({
    message: 'Welcome to moderator panel, grace!',
    role,
    access_level: 'moderator or higher',
  });
  let grace: Tokens & { id: string };
  beforeAll(async () => {
    grace = await signUp('grace');
    // The last administrator could not be anything else.
    await change((await signUp('root')).id, { role: Role.Admin });
  });

  it.each([
    [Role.Admin, '/users/admin-dashboard', admin],
    [Role.Admin, '/users/moderator-panel', panel('admin')],
    [Role.Moderator, '/users/moderator-panel', panel('moderator')],
  ])('lets %s in to %s', async (role, path, body) => {
    await change(grace.id, { role });
    const answer = await service.get(path, grace.access_token);
    expect(answer).toMatchObject({ status: 200, body });
    expectGuardedHeaders(answer.headers);
  });

  it.each([
    [Role.Moderator, '/users/admin-dashboard', 'admin'],
    [Role.User, '/users/admin-dashboard', 'admin'],
    [Role.User, '/users/moderator-panel', 'admin, moderator'],
  ])('keeps %s out of %s', async (role, path, roles) => {
    await change(grace.id, { role });
    const answer = await service.get(path, grace.access_token);
    expectProblem(answer, 403, 'insufficient-role');
    expect(answer.body.detail).toBe(`Operation requires one of the following roles: ${roles}`);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope"');
  });
});

describe('what changes about a user', () => {
  let other: TestService;
  beforeAll(async () => {
    other = await TestService.start({ on: service.database });
  });
  afterAll(() => other.stop());

  it.each<[string, (tokens: Tokens & { id: string }) => Promise<unknown>]>([
    ['logout', ({ access_token }) => service.post('/auth/logout', undefined, access_token)],
    ['deactivation', ({ id }) => change(id, { isActive: false })],
  ])('holds for tokens already issued: %s', async (username, happens) => {
    const tokens = await signUp(username);
    await expectLetIn(tokens.access_token);
    await expectLetIn(tokens.access_token, other);

    await happens(tokens);
    await expectRefused(tokens.access_token);
    await eventually(() => expectRefused(tokens.access_token, other));
  });

  it('holds for tokens already issued: a role taken away', async () => {
    const tokens = await signUp('demoted');
    const dashboard = (at: TestService) => at.get('/users/admin-dashboard', tokens.access_token);
    await change(tokens.id, { role: Role.Admin });
    expect((await dashboard(service)).status).toBe(200);
    await eventually(async () => expect((await dashboard(other)).status).toBe(200));

    await change(tokens.id, { role: Role.User });
    expect((await dashboard(service)).status).toBe(403);
    await eventually(async () => expect((await dashboard(other)).status).toBe(403));
  });

  it('holds for the token of a user whose row is gone', async () => {
    const tokens = await signUp('gone');
    await service.database.query('DELETE FROM auth_users WHERE id = $1', [tokens.id]);
    await expectRefused(tokens.access_token);
  });

  it('is not missed while notices are not heard: then the database is asked', async () => {
    const tokens = await signUp('unheard');
    await expectLetIn(tokens.access_token);
    await expectLetIn(tokens.access_token, other);

    await service.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'astra-changes'`,
    );
    // Nobody announces this one.
    await service.database.query('UPDATE auth_users SET is_active = false WHERE id = $1', [tokens.id]);
    await eventually(() => expectRefused(tokens.access_token));
    await eventually(() => expectRefused(tokens.access_token, other));

    // And once they are heard again, what was known before stays forgotten.
    await new Promise((resolve) => setTimeout(resolve, 600));
    await expectRefused(tokens.access_token);
    await expectRefused(tokens.access_token, other);
  });
});
