import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { PasswordChangeService } from '../../src/auth/passwords/change/password-change.service.js';
import { AccountErasureService } from '../../src/auth/account/account-erasure.service.js';
import { SignInService } from '../../src/auth/sign-in/sign-in.service.js';
import { Role } from '../../src/settings/role.js';
import { FirstAdminService } from '../../src/users/admins/first-admin.service.js';
import { activeAdmins } from '../../src/users/admins/active-admins.js';
import { UsersInBulk } from '../../src/users/bulk/users-in-bulk.js';
import { UsersService } from '../../src/users/users.service.js';
import { ServiceAccountError } from '../../src/users/users.errors.js';
import { newKey, newPerson, type Person } from '../support/api-key-holder.js';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import { MailService } from '../support/mail-service.js';
import { ada, type TestService } from '../support/test-service.js';

let mail: MailService;
let service: TestService;
let admin: Person;
beforeAll(async () => {
  mail = await MailService.start({ signInMethods: ['password', 'passkey', 'email-code'] });
  ({ service } = mail);
  admin = await newPerson(service, Role.Admin);
});
afterAll(() => mail.stop());

const make = (body: object) => service.post('/admin/service-accounts', body, admin.token);
const keysOf = (id: string) => `/admin/users/${id}/api-keys`;
const fresh = () => `svc-${randomUUID()}`;
const get = <T>(type: abstract new (...args: never[]) => T): T => service.app.get(type, { strict: false });

/** Creates a service account. */
async function newService(role: Role = Role.User) {
  const { status, body } = await make({ username: fresh(), role });
  expect(status).toBe(201);
  return body as { id: string; username: string };
}

/** Creates an API key of a service account. */
async function newServiceKey({ id }: { id: string }, scopes = ['profile:read']) {
  const { status, body } = await service.post(keysOf(id), { name: 'CI', scopes }, admin.token);
  expect(status).toBe(201);
  return body as { id: string; token: string };
}

describe('a service account', () => {
  it('has a name and a role, and no email address', async () => {
    const username = fresh();
    const { status, body } = await make({ username, role: 'moderator', full_name: 'Nightly export' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...{ username, email: null, email_verified: false, full_name: 'Nightly export', role: 'moderator' },
      ...{ kind: 'service', is_active: true, factors: [], identities: [], must_enrol: false },
    });
    const [event] = await service.database.query(
      `SELECT actor_id, data FROM auth_audit_events WHERE user_id = $1 AND type = 'user_created'`,
      [body.id],
    );
    expect(event).toEqual({ actor_id: admin.id, data: { role: 'moderator', kind: 'service' } });
    expect((await service.get(`/admin/users/${body.id}`, admin.token)).body).toEqual(body);
  });

  it.each<[string, object, [string, string]]>([
    ['without a name', { role: 'user' }, ['body.username', 'missing']],
    ['without a role', { username: 'program' }, ['body.role', 'missing']],
    ['with a role that there is not', { username: 'program', role: 'root' }, ['body.role', 'enum']],
    [
      'with an email address',
      { username: 'program', role: 'user', email: 'program@example.com' },
      ['body.email', 'extra_forbidden'],
    ],
    [
      'with a password',
      { username: 'program', role: 'user', password: ada.password },
      ['body.password', 'extra_forbidden'],
    ],
    [
      'with an email address as its name',
      { username: 'a@example.com', role: 'user' },
      ['body.username', 'string_pattern_mismatch'],
    ],
  ])('is not created %s', async (_, body, error) => {
    expectInvalid(await make(body), error);
  });

  it('shares the names with people', async () => {
    const { username } = await newService();
    expectProblem(await make({ username: username.toUpperCase(), role: 'user' }), 409, 'username-taken');
    const person = { ...ada, username, email: `${username}@example.com` };
    expectProblem(await service.post('/auth/register', person), 409, 'username-taken');
    expectProblem(await make({ username: admin.username, role: 'user' }), 409, 'username-taken');
  });

  it('is listed, found and sorted like other accounts, and by its kind', async () => {
    const { id, username } = await newService();
    const list = async (query: string) => {
      const { status, body } = await service.get(`/admin/users?limit=100&${query}`, admin.token);
      return status === 200 ? body.items.map((one: { id: string }) => one.id) : status;
    };
    expect(await list(`q=${username.slice(4)}`)).toEqual([id]);
    for (const sort of ['username', '-username', 'created_at', '-created_at'])
      expect(await list(`kind=service&sort=${sort}`)).toContain(id);
    expect(await list('kind=service')).not.toContain(admin.id);
    expect(await list('kind=person')).not.toContain(id);
    expect(await list('kind=person')).toContain(admin.id);
    expect(await list('kind=robot')).toBe(422);
  });

  it('is in no account file, since its keys are in none', async () => {
    const { id } = await newService();
    const db = service.app.get(DataSource);
    const users = get(UsersInBulk);
    const ids: string[] = [];
    for await (const batch of users.read(db.manager)) ids.push(...batch.map((one) => one.id));
    expect(ids).toContain(admin.id);
    expect(ids).not.toContain(id);
    expect(await users.count(db.manager)).toBe(ids.length);
  });
});

describe('API keys of a service account', () => {
  it('are created, listed and revoked by admins', async () => {
    const account = await newService(Role.Moderator);
    const { id, token } = await newServiceKey(account, ['profile:read', 'users:read']);
    expect(token).toMatch(/^astra_svc_[0-9A-Za-z]{36}$/);
    const me = await service.get('/users/me', token);
    expect(me).toMatchObject({ status: 200, body: { id: account.id, email: null, kind: 'service' } });
    expect((await service.get('/admin/users', token)).status).toBe(200);
    const listed = await service.get(keysOf(account.id), admin.token);
    expect(listed.body).toMatchObject({ total: 1, items: [{ id, name: 'CI' }] });
    expect(JSON.stringify(listed.body)).not.toContain(token.slice(10));
    expect((await service.delete(`${keysOf(account.id)}/${id}`, admin.token)).status).toBe(204);
    expectProblem(await service.get('/users/me', token), 401, 'invalid-token');
    const trail = await service.database.query(
      `SELECT type, actor_id FROM auth_audit_events WHERE user_id = $1 AND type LIKE 'authn_token%' ORDER BY id`,
      [account.id],
    );
    expect(trail).toEqual(
      ['authn_token_created', 'authn_token_revoked'].map((type) => ({ type, actor_id: admin.id })),
    );
  });

  it('have the scopes that its role can use', async () => {
    const { id } = await newService();
    const refused = await service.post(keysOf(id), { name: 'CI', scopes: ['audit:read'] }, admin.token);
    expectInvalid(refused, ['body.scopes', 'scope_unknown']);
  });

  it('are not created for a person, whose keys an admin can only see and revoke', async () => {
    const owner = await newPerson(service);
    const body = { name: 'CI', scopes: ['profile:read'] };
    expectProblem(await service.post(keysOf(owner.id), body, admin.token), 403, 'not-for-persons');
    const { id, token } = await newKey(service, owner);
    expect((await service.get(keysOf(owner.id), admin.token)).body.items).toMatchObject([{ id }]);
    expectProblem(await service.delete(`${keysOf(admin.id)}/${id}`, admin.token), 404, 'not-found');
    expect((await service.delete(`${keysOf(owner.id)}/${id}`, admin.token)).status).toBe(204);
    expectProblem(await service.get('/users/me', token), 401, 'invalid-token');
  });

  it('belong to an account', async () => {
    const nobody = randomUUID();
    expectProblem(await service.get(keysOf(nobody), admin.token), 404, 'not-found');
    const body = { name: 'CI', scopes: ['profile:read'] };
    expectProblem(await service.post(keysOf(nobody), body, admin.token), 404, 'not-found');
    expectProblem(await service.delete(`${keysOf(nobody)}/${nobody}`, admin.token), 404, 'not-found');
  });
});

describe('nobody signs in to a service account', () => {
  it('with a password, and the answer is that for an unknown name', async () => {
    const { username } = await newService();
    const [known, unknown] = [username, fresh()].map((name) =>
      service.post('/auth/login', { username: name, password: ada.password }),
    );
    expectProblem(await known, 401, 'invalid-credentials');
    expect({ ...(await known).body, request_id: '' }).toEqual({ ...(await unknown).body, request_id: '' });
  });

  it('with any proof', async () => {
    const { id } = await newService();
    const user = await get(UsersService).get(id);
    const client = { ip: null, userAgent: null, requestId: 'test' };
    for (const method of ['pwd', 'email', 'fed', 'hwk'] as const) {
      const proof = { method, provesEmail: true, hold: () => Promise.resolve(true) };
      await expect(get(SignInService).prove(user, proof, client)).rejects.toThrow(ServiceAccountError);
    }
  });

  it('as it gets neither a password nor an email address, whoever tries', async () => {
    const { id } = await newService(Role.Admin);
    await expect(get(PasswordChangeService).assign(id, 'Nanosecond30cm')).rejects.toThrow(
      ServiceAccountError,
    );
    const path = `/admin/users/${id}`;
    expectProblem(
      await service.post(`${path}/password-reset`, undefined, admin.token),
      409,
      'service-account',
    );
    for (const email_verified of [true, false])
      expectProblem(await service.patch(path, { email_verified }, admin.token), 409, 'service-account');
    expect((await service.delete(path, admin.token)).status).toBe(204);
    const email = `${fresh()}@example.com`;
    expectProblem(await service.post(`${path}/restore`, { email }, admin.token), 409, 'service-account');
    for (const column of [`hashed_password = 'x'`, `email = 'a@example.com'`, `email_verified_at = now()`])
      await expect(
        service.database.query(`UPDATE auth_users SET ${column} WHERE id = $1`, [id]),
      ).rejects.toMatchObject({ code: '23514' });
  });
});

it('a service account never counts as an admin who could help', async () => {
  const { id } = await newService(Role.Admin);
  expectProblem(
    await service.patch(`/admin/users/${admin.id}`, { is_active: false }, admin.token),
    409,
    'last-admin',
  );
  expectProblem(
    await service.patch(`/admin/users/${admin.id}`, { role: 'user' }, admin.token),
    409,
    'last-admin',
  );
  const db = service.app.get(DataSource);
  expect((await activeAdmins(db.manager)).map((one) => one.id)).not.toContain(id);
  await db.query(`UPDATE auth_users SET role = 'user' WHERE id = $1`, [admin.id]);
  expect(await get(FirstAdminService).exists()).toBe(false);
  await db.query(`UPDATE auth_users SET role = 'admin' WHERE id = $1`, [admin.id]);
});

it('a service account is changed, deactivated, deleted, restored and erased without a message to anybody', async () => {
  const { id, username } = await newService();
  const { token } = await newServiceKey({ id });
  await mail.settled();
  const before = mail.smtp.received.length;
  const path = `/admin/users/${id}`;
  const me = async () => (await service.get('/users/me', token)).status;
  const patch = async (body: object) =>
    expect((await service.patch(path, body, admin.token)).status).toBe(200);

  await patch({ username: `${username}-2`.slice(0, 50), full_name: 'Renamed', role: 'moderator' });
  expect(await me()).toBe(200);
  await patch({ is_active: false });
  expect(await me()).toBe(401);
  await patch({ is_active: true });
  expect(await me()).toBe(200);
  expect((await service.delete(`${path}/factors`, admin.token)).status).toBe(204);
  expect((await service.delete(`${path}/sessions`, admin.token)).status).toBe(204);
  expect((await service.delete(path, admin.token)).status).toBe(204);
  expect(await me()).toBe(401);
  expect((await service.post(`${path}/restore`, { username }, admin.token)).status).toBe(200);
  expect(await me()).toBe(200);
  expect((await service.delete(path, admin.token)).status).toBe(204);
  const overdue = `UPDATE auth_users SET deleted_at = now() - interval '31 days' WHERE id = $1`;
  await service.database.query(overdue, [id]);
  await get(AccountErasureService).erase();
  expect(await service.database.query('SELECT FROM auth_api_keys WHERE user_id = $1', [id])).toEqual([]);
  await mail.settled();
  expect(mail.smtp.received).toHaveLength(before);
});
