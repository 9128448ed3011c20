import { Role } from '../src/settings/role.js';
import { UsersService } from '../src/users/users.service.js';
import { age } from './support/aged-session.js';
import { eventually } from './support/eventually.js';
import { TestService } from './support/test-service.js';

describe('the administration', () => {
  let service: TestService;
  let admin: string;
  let moderator: string;

  const person = (username: string) => ({
    username,
    email: `${username}@example.com`,
    password: 'Analytical1',
  });

  /** Makes somebody with a role, and signs them in. */
  async function signUpAs(
    role: Role,
    username: string,
  ): Promise<{ id: string; access_token: string; refresh_token: string }> {
    const tokens = await service.signUp(person(username));
    if (role !== Role.User)
      await service.app.get(UsersService, { strict: false }).update(tokens.id, { role });
    return tokens;
  }

  beforeAll(async () => {
    service = await TestService.start();
    admin = (await signUpAs(Role.Admin, 'root')).access_token;
    moderator = (await signUpAs(Role.Moderator, 'mod')).access_token;
    await signUpAs(Role.User, 'ada');
  });

  afterAll(() => service.stop());

  const eventsOf = async (id: string) =>
    (await service.get(`/admin/audit-events?user_id=${id}&limit=100`, admin)).body.items as {
      type: string;
      actor_id: string;
      data: object;
    }[];

  it('lists and searches accounts, in pages, by each filter and in each order', async () => {
    for (const name of ['Grace', 'grace.hopper', 'kathleen'])
      await service.post('/admin/users', { ...person(name), full_name: 'B_100%' }, admin);
    const list = async (query: string) => (await service.get(`/admin/users?${query}`, moderator)).body;
    const names = async (query: string) =>
      (await list(query)).items.map(({ username }: { username: string }) => username);

    expect(await names('q=RACE&sort=username')).toEqual(['Grace', 'grace.hopper']);
    expect(await names('q=een%40exam')).toEqual(['kathleen']);
    expect(await names('q=_100%25&sort=-username')).toEqual(['kathleen', 'grace.hopper', 'Grace']);
    expect(await names('q=%25%25%25')).toEqual([]);
    expect(await names('role=moderator')).toEqual(['mod']);
    expect(await names('is_active=false')).toEqual([]);
    expect(await names('email_verified=true')).toEqual([]);
    expect((await list('email_verified=false')).total).toBe(6);

    for (const sort of ['username', '-username', 'created_at', '-created_at']) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: { items: { username: string }[]; next_cursor: string | null; total: number } = await list(
          `limit=2&sort=${sort}${cursor ? `&cursor=${cursor}` : ''}`,
        );
        expect(page.total).toBe(6);
        seen.push(...page.items.map(({ username }) => username));
        cursor = page.next_cursor;
      } while (cursor);
      const all = await names(`limit=100&sort=${sort}`);
      expect(seen).toEqual(all);
      expect(new Set(seen).size).toBe(6);
    }
  });

  it.each([
    'cursor=x',
    'cursor=WzEsMl0',
    'limit=0',
    'limit=1e1',
    'sort=id',
    'is_active=1',
    'role=root',
    'q=',
    'other=1',
    'q=a&q=b',
  ])('refuses the query %s', async (query) => {
    expect((await service.get(`/admin/users?${query}`, admin)).status).toBe(422);
  });

  it.each(['%25', '_', '\\', "'", '"', '😀', 'a'.repeat(100)])(
    'takes the search text %s literally',
    async (text) => {
      const { status, body } = await service.get(
        `/admin/users?q=${encodeURIComponent(decodeURIComponent(text))}zzz`,
        admin,
      );
      expect(status).toBe(text.length === 100 ? 422 : 200);
      if (status === 200) expect(body.items).toEqual([]);
    },
  );

  it('makes accounts, with a password or with a mail to set one', async () => {
    const made = await service.post('/admin/users', { ...person('mary'), role: 'moderator' }, admin);
    expect(made).toMatchObject({ status: 201, body: { username: 'mary', role: 'moderator' } });
    expect((await service.signIn(person('mary'))).token_type).toBe('bearer');

    const invited = await service.post(
      '/admin/users',
      { username: 'guest', email: 'guest@example.com' },
      admin,
    );
    expect(invited.status).toBe(201);
    expect((await service.post('/auth/login', { username: 'guest', password: 'Analytical1' })).status).toBe(
      401,
    );
    expect((await service.post('/admin/users', person('MARY'), admin)).status).toBe(409);
    expect((await service.post('/admin/users', { ...person('weak'), password: 'short' }, admin)).status).toBe(
      422,
    );
    expect((await service.post('/admin/users', person('nobody'), moderator)).status).toBe(403);
  });

  it('changes accounts, and audits who, what, before and after', async () => {
    const { id } = (await service.post('/admin/users', person('lin'), admin)).body;
    const changes = { role: 'moderator', username: 'linda', full_name: 'Linda L', email_verified: true };
    const { status, body } = await service.patch(`/admin/users/${id}`, changes, admin);
    expect(status).toBe(200);
    expect(body).toMatchObject(changes);

    const { body: root } = await service.get('/users/me', admin);
    expect(await eventsOf(id)).toMatchObject([
      {
        type: 'user_updated',
        actor_id: root.id,
        data: {
          before: { username: 'lin', full_name: null, email_verified: false },
          after: { username: 'linda', full_name: 'Linda L', email_verified: true },
        },
      },
      { type: 'authz_change', actor_id: root.id, data: { before: 'user', after: 'moderator' } },
      { type: 'user_created' },
    ]);
  });

  it('lets moderators switch plain users off and on, and nothing else', async () => {
    const target = await signUpAs(Role.User, 'target');
    const change = (id: string, body: object) => service.patch(`/admin/users/${id}`, body, moderator);
    expect((await change(target.id, { is_active: false })).status).toBe(200);
    expect((await service.get('/users/me', target.access_token)).status).toBe(401);
    expect((await service.post('/auth/login', { username: 'target', password: 'Analytical1' })).status).toBe(
      403,
    );
    expect((await change(target.id, { is_active: true })).status).toBe(200);
    // The session ended with the deactivation, and stays so.
    expect((await service.post('/auth/refresh', { refresh_token: target.refresh_token })).status).toBe(401);
    expect((await change(target.id, { role: 'admin' })).status).toBe(403);
    expect((await change(target.id, { is_active: false, username: 'other' })).status).toBe(403);
    const { body: root } = await service.get('/users/me', admin);
    expect((await change(root.id, { is_active: false })).status).toBe(403);
  });

  it('lets no moderator undo what an admin has done, nor look at what was deleted', async () => {
    const { id } = await signUpAs(Role.User, 'troll');
    const change = (is_active: boolean, by: string) =>
      service.patch(`/admin/users/${id}`, { is_active }, by).then(({ status }) => status);

    expect(await change(false, admin)).toBe(200);
    expect(await change(true, moderator)).toBe(403);
    // To deactivate it once more makes it no moderator's.
    expect(await change(false, moderator)).toBe(200);
    expect(await change(true, moderator)).toBe(403);
    expect(await change(true, admin)).toBe(200);

    // What a moderator did, an admin can take over, and a moderator may undo until then.
    expect(await change(false, moderator)).toBe(200);
    expect(await change(true, moderator)).toBe(200);
    expect(await change(false, moderator)).toBe(200);
    expect(await change(false, admin)).toBe(200);
    expect(await change(true, moderator)).toBe(403);

    // Nor what the code of a host did, or nobody knows who.
    await service.app.get(UsersService, { strict: false }).update(id, { isActive: true });
    await service.app.get(UsersService, { strict: false }).update(id, { isActive: false });
    expect(await change(true, moderator)).toBe(403);

    const deleted = await service.get('/admin/users?deleted=true', moderator);
    expect(deleted).toMatchObject({ status: 403, body: { type: '/problems/insufficient-role' } });
    expect((await service.get('/admin/users?deleted=false', moderator)).status).toBe(200);
  });

  it('deletes accounts, frees their names, and restores them if it can', async () => {
    const gone = await signUpAs(Role.User, 'gone');
    expect((await service.delete(`/admin/users/${gone.id}`, admin)).status).toBe(204);
    expect((await service.get(`/admin/users/${gone.id}`, admin)).status).toBe(404);
    expect((await service.delete(`/admin/users/${gone.id}`, admin)).status).toBe(404);
    expect((await service.get('/users/me', gone.access_token)).status).toBe(401);
    expect((await service.post('/auth/refresh', { refresh_token: gone.refresh_token })).status).toBe(401);
    expect((await service.post('/auth/login', { username: 'gone', password: 'Analytical1' })).status).toBe(
      401,
    );
    const deleted = await service.get('/admin/users?deleted=true', admin);
    expect(deleted.body.items).toMatchObject([{ id: gone.id }]);

    const successor = (await service.post('/admin/users', person('gone'), admin)).body;
    expect((await service.post(`/admin/users/${gone.id}/restore`, undefined, admin)).status).toBe(409);
    await service.delete(`/admin/users/${successor.id}`, admin);
    expect((await service.post(`/admin/users/${gone.id}/restore`, undefined, admin)).status).toBe(200);
    expect((await service.signIn(person('gone'))).token_type).toBe('bearer');
    expect((await service.post(`/admin/users/${gone.id}/restore`, undefined, admin)).status).toBe(404);
  });

  it('sees and ends sessions, and has a password reset', async () => {
    const target = await signUpAs(Role.User, 'forgetful');
    const sessions = await service.get(`/admin/users/${target.id}/sessions`, admin);
    expect(sessions.body).toMatchObject({ total: 1, items: [{ current: false }] });
    expect((await service.delete(`/admin/users/${target.id}/sessions`, admin)).status).toBe(204);
    expect((await service.get('/users/me', target.access_token)).status).toBe(401);

    const again = await service.signIn(person('forgetful'));
    expect((await service.post(`/admin/users/${target.id}/password-reset`, undefined, admin)).status).toBe(
      202,
    );
    expect((await service.get('/users/me', again.access_token)).status).toBe(401);
    const nobody = '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11';
    for (const path of ['/sessions', ''])
      expect((await service.get(`/admin/users/${nobody}${path}`, admin)).status).toBe(404);
    expect((await service.post(`/admin/users/${nobody}/password-reset`, undefined, admin)).status).toBe(404);
  });

  it('always keeps an active administrator', async () => {
    const { body: root } = await service.get('/users/me', admin);
    for (const change of [{ role: 'user' }, { is_active: false }]) {
      expect(await service.patch(`/admin/users/${root.id}`, change, admin)).toMatchObject({
        status: 409,
        body: { type: '/problems/last-admin' },
      });
    }
    expect((await service.delete(`/admin/users/${root.id}`, admin)).status).toBe(409);
    expect((await service.delete('/users/me', admin, { current_password: 'Analytical1' })).status).toBe(409);
    expect((await service.get('/users/me', admin)).status).toBe(200);
  });

  it('keeps one of five who demote each other at once, a hundred times', async () => {
    const five = await Promise.all([1, 2, 3, 4, 5].map((n) => signUpAs(Role.Admin, `admin${n}`)));
    const users = service.app.get(UsersService, { strict: false });
    const { body: root } = await service.get('/users/me', admin);
    const counted = `SELECT count(*)::int AS admins FROM auth_users WHERE role = 'admin' AND is_active AND deleted_at IS NULL`;
    await users.update(root.id, { role: Role.User });
    const seen = new Set<number>();
    for (let round = 0; round < 100; round++) {
      const answers = await Promise.all(
        five.map(({ access_token }, i) =>
          service.patch(`/admin/users/${five[(i + 1) % 5].id}`, { role: 'user' }, access_token),
        ),
      );
      const [{ admins }] = await service.database.query<{ admins: number }>(counted);
      expect(admins).toBeGreaterThanOrEqual(1);
      for (const { status } of answers) {
        expect([200, 401, 403, 409]).toContain(status);
        seen.add(status);
      }
      for (const { id } of five) await users.update(id, { role: Role.Admin });
    }
    expect(seen).toContain(409);
    await users.update(root.id, { role: Role.Admin });
  }, 60_000);
});

describe('the own account', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await TestService.start();
  });

  afterAll(() => service.stop());

  it('exports all that is stored, without hashes and tokens, and shows what happened', async () => {
    const { access_token } = await service.signUp();
    await service.post('/auth/login', { username: 'ada', password: 'wrong' });
    await service.patch('/users/me', { full_name: 'Ada L' }, access_token);
    const events = await service.get('/users/me/events', access_token);
    expect(events.body.items.map(({ type }: { type: string }) => type)).toEqual([
      'user_updated',
      'authn_login_fail',
      'authn_login_success',
      'user_created',
    ]);
    expect(events.body.items[1]).toMatchObject({
      ip: '127.0.0.1',
      user_agent: 'node',
      data: { reason: 'wrong_password' },
    });

    const { status, body } = await service.get('/users/me/export', access_token);
    expect(status).toBe(200);
    expect(body).toMatchObject({ user: { full_name: 'Ada L' }, sessions: [{ current: true }] });
    expect(body.events[0].type).toBe('sensitive_read');
    expect(JSON.stringify(body)).not.toMatch(/argon2|hash|token/i);
  });

  it('is deleted with the password, or soon after a sign-in, at once, and its data goes after the days of grace', async () => {
    const { id, access_token } = await service.signUp({ username: 'leaving', email: 'leaving@example.com' });
    expect((await service.delete('/users/me', access_token, { current_password: 'wrong' })).status).toBe(401);
    await age(service, id, 301);
    expect((await service.delete('/users/me', access_token)).status).toBe(401);
    expect(
      (await service.delete('/users/me', access_token, { current_password: 'Analytical1' })).status,
    ).toBe(204);
    expect((await service.get('/users/me', access_token)).status).toBe(401);
    await service.signUp({ username: 'leaving', email: 'leaving@example.com' });

    const { AccountErasureService } = await import('../src/auth/account/account-erasure.service.js');
    const deletion = service.app.get(AccountErasureService, { strict: false });
    const rows = () => service.database.query('SELECT id FROM auth_users WHERE id = $1', [id]);
    await deletion.erase();
    expect(await rows()).toHaveLength(1);
    await service.database.query(
      `UPDATE auth_users SET deleted_at = now() - interval '31 days' WHERE id = $1`,
      [id],
    );
    await deletion.erase();
    expect(await rows()).toHaveLength(0);
    expect(await service.database.query('SELECT 1 FROM auth_sessions WHERE user_id = $1', [id])).toHaveLength(
      0,
    );
  });

  it('leaves nothing of the person in any table once its data has gone, but what the trail tells of names that changed', async () => {
    const person = { username: 'ephemera', email: 'ephemera@example.com', password: 'Analytical1' };
    const { id, access_token } = await service.signUp(person);
    const full_name = 'E. Vulgata';
    await service.patch('/users/me', { full_name }, access_token);
    // An address to come, links that are good, and a failure.
    const change = { new_email: 'ephemera@new.example', current_password: person.password };
    expect((await service.post('/users/me/email', change, access_token)).status).toBe(202);
    expect((await service.post('/auth/password/forgot', { email: person.email })).status).toBe(202);
    // That of a forgotten password is made after the answer.
    const links = 'SELECT 1 FROM auth_one_time_tokens WHERE user_id = $1';
    await eventually(async () => expect(await service.database.query(links, [id])).toHaveLength(3), 5_000);
    const { username } = person;
    expect((await service.post('/auth/login', { username, password: 'wrong' })).status).toBe(401);
    expect(await tablesWith(person.email)).toContain('public.auth_users');

    await service.delete('/users/me', access_token, { current_password: person.password });
    await service.database.query(
      `UPDATE auth_users SET deleted_at = now() - interval '31 days' WHERE id = $1`,
      [id],
    );
    const { AccountErasureService } = await import('../src/auth/account/account-erasure.service.js');
    await service.app.get(AccountErasureService, { strict: false }).erase();
    expect(await tablesWith('ephemera@')).toEqual([]);
    expect(await tablesWith(username)).toEqual([]);
    const trail = ['public.auth_audit_events'];
    expect(await tablesWith(full_name)).toEqual(trail);
    expect(await tablesWith(id)).toEqual(trail);
  });

  /** The tables in which a text stands anywhere, in whatever case. */
  async function tablesWith(text: string): Promise<string[]> {
    const tables = await service.database.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await service.database.query(`SELECT 1 FROM ${name} AS r WHERE r::text ILIKE $1 LIMIT 1`, [
        `%${text}%`,
      ]);
      if (rows.length > 0) found.push(name);
    }
    return found;
  }
});
