import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { AccountEvents } from '../../src/users/events/account-events.js';
import { ApiKeyCreated, ApiKeyRevoked } from '../../src/auth/api-keys/api-key-events.js';
import { Role } from '../../src/settings/role.js';
import { newKey, newPerson } from '../support/api-key-holder.js';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import { MailService } from '../support/mail-service.js';
import { TestService } from '../support/test-service.js';

let mail: MailService;
let service: TestService;
beforeAll(async () => {
  mail = await MailService.start();
  ({ service } = mail);
  await newPerson(service, Role.Admin);
});
afterAll(() => mail.stop());

const DAY = 24 * 60 * 60 * 1_000;
const key = { name: 'Export', scopes: ['profile:read'] };
const create = (token: string, body: object) => service.post('/users/me/api-keys', body, token);
const events = (userId: string) =>
  service.database.query<{ type: string }>(
    `SELECT type, actor_id, data FROM auth_audit_events
      WHERE user_id = $1 AND type LIKE 'authn_token%' ORDER BY id`,
    [userId],
  );

describe('an API key', () => {
  it('is created with its token, which is shown once', async () => {
    const person = await newPerson(service);
    const { status, body } = await create(person.token, { ...key, name: '  Nightly export ' });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      name: 'Nightly export',
      hint: body.token.slice(-4),
      scopes: ['profile:read'],
      created_at: expect.stringMatching(/Z$/),
      expires_at: expect.stringMatching(/Z$/),
      last_used_at: null,
      last_used_ip: null,
      token: expect.stringMatching(/^astra_pat_[0-9A-Za-z]{36}$/),
    });
    expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(90 * DAY);
    const { token, ...shown } = body;
    const list = await service.get('/users/me/api-keys', person.token);
    expect(list.body).toEqual({ items: [shown], next_cursor: null, total: 1, total_is_estimate: false });
    const [row] = await service.database.query('SELECT * FROM auth_api_keys WHERE id = $1', [body.id]);
    expect(row.created_by).toBe(person.id);
    expect(JSON.stringify(Object.values(row).map(String))).not.toContain(token.slice(10, 40));
    expect(row.token_hash).toHaveLength(32);
  });

  it('lives as long as asked for, within the settings', async () => {
    const { token } = await newPerson(service);
    for (const days of [1, 365]) {
      const { body } = await create(token, { ...key, expires_in_days: days });
      expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(days * DAY);
    }
    const strict = await TestService.start({
      on: service.database,
      auth: { apiKeys: { prefix: 'acme', maxDays: 30 } },
    });
    try {
      const ask = (body: object) => strict.post('/users/me/api-keys', { ...key, ...body }, token);
      const { body } = await ask({});
      expect(Date.parse(body.expires_at) - Date.parse(body.created_at)).toBe(30 * DAY);
      expect(body.token).toMatch(/^acme_pat_/);
      expectInvalid(await ask({ expires_in_days: 31 }), ['body.expires_in_days', 'less_than_equal']);
    } finally {
      await strict.stop();
    }
  });

  it.each<[string, object, [string, string]]>([
    ['of another user', { ...key, user_id: randomUUID() }, ['body.user_id', 'extra_forbidden']],
    ['without a name', { scopes: key.scopes }, ['body.name', 'missing']],
    ['with an empty name', { ...key, name: '' }, ['body.name', 'string_length']],
    ['with an invisible name', { ...key, name: 'a\u202eb' }, ['body.name', 'string_pattern_mismatch']],
    ['without scopes', { name: 'x' }, ['body.scopes', 'missing']],
    ['with no scope', { ...key, scopes: [] }, ['body.scopes', 'too_short']],
    ['with an unknown scope', { ...key, scopes: ['profile:read', 'all'] }, ['body.scopes', 'scope_unknown']],
    [
      'with a scope twice',
      { ...key, scopes: ['profile:read', 'profile:read'] },
      ['body.scopes', 'value_error'],
    ],
    ['with a scope of admins', { ...key, scopes: ['audit:read'] }, ['body.scopes', 'scope_unknown']],
    ['for no day', { ...key, expires_in_days: 0 }, ['body.expires_in_days', 'greater_than_equal']],
    ['for half a day', { ...key, expires_in_days: 0.5 }, ['body.expires_in_days', 'int_type']],
    ['for too long', { ...key, expires_in_days: 366 }, ['body.expires_in_days', 'less_than_equal']],
  ])('is not created %s', async (_, body, ...errors) => {
    const { id, token } = await newPerson(service);
    const refused = await create(token, body);
    expect(refused.status).toBe(422);
    for (const [loc, code] of errors)
      expect(
        refused.body.errors.map((one: { loc: string[]; code: string }) => [one.loc.join('.'), one.code]),
      ).toContainEqual([loc, code]);
    const rows = await service.database.query('SELECT FROM auth_api_keys WHERE user_id = $1', [id]);
    expect(rows).toEqual([]);
  });

  it.each([
    [Role.Admin, ['profile:read', 'users:read', 'users:write', 'audit:read']],
    [Role.Moderator, ['profile:read', 'users:read', 'users:write']],
    [Role.User, ['profile:read']],
  ])('of %s may have %j', async (role, allowed) => {
    const { token } = await newPerson(service, role);
    for (const scope of ['profile:read', 'users:read', 'users:write', 'audit:read']) {
      const { status } = await create(token, { ...key, scopes: [scope] });
      expect([scope, status]).toEqual([scope, allowed.includes(scope) ? 201 : 422]);
    }
  });

  it('is renamed and revoked by its owner alone', async () => {
    const [owner, other] = [await newPerson(service), await newPerson(service)];
    const { id } = await newKey(service, owner);
    const path = `/users/me/api-keys/${id}`;
    expectProblem(await service.patch(path, { name: 'x' }, other.token), 404, 'not-found');
    expectProblem(await service.delete(path, other.token), 404, 'not-found');
    const renamed = await service.patch(path, { name: 'New name' }, owner.token);
    expect(renamed).toMatchObject({ status: 200, body: { id, name: 'New name' } });
    expect((await service.delete(path, owner.token)).status).toBe(204);
    expectProblem(await service.delete(path, owner.token), 404, 'not-found');
    expect((await service.get('/users/me/api-keys', owner.token)).body.items).toEqual([]);
  });

  it('is told to its owner, to hosts and to the audit trail', async () => {
    const owner = await newPerson(service);
    const told: object[] = [];
    const account = service.app.get(AccountEvents, { strict: false });
    account.on(ApiKeyCreated, (event) => void told.push(event));
    account.on(ApiKeyRevoked, (event) => void told.push(event));
    const { id, token } = await newKey(service, owner);
    await service.delete(`/users/me/api-keys/${id}`, owner.token);
    expect(told).toEqual([
      { userId: owner.id, apiKeyId: id, scopes: ['profile:read'] },
      { userId: owner.id, apiKeyId: id },
    ]);
    const trail = await events(owner.id);
    expect(trail).toEqual([
      {
        type: 'authn_token_created',
        actor_id: owner.id,
        data: { key: id, scopes: ['profile:read'], expires_at: expect.stringMatching(/Z$/) },
      },
      { type: 'authn_token_revoked', actor_id: owner.id, data: { key: id } },
    ]);
    await mail.settled();
    const [message] = mail.received('api-key-created', owner.email);
    expect(message.text).toContain('profile:read');
    expect(message.text).not.toContain(token.slice(10));
  });

  it('is one of 50 at most, however many are created at once', async () => {
    const owner = await newPerson(service);
    await service.database.query(
      `INSERT INTO auth_api_keys (id, user_id, name, token_hash, hint, scopes, created_at, expires_at)
       SELECT gen_random_uuid(), $1::uuid, 'x', sha256(($1::text || i)::bytea), 'abcd', '{}', now(),
              now() + CASE WHEN i > 49 THEN interval '-1 hour' ELSE interval '1 day' END
         FROM generate_series(1, 52) i`,
      [owner.id],
    );
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(owner.token, key)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 201);
    for (const answer of refused) expectProblem(answer, 409, 'too-many-api-keys');
  });

  it('is not created by a session that ends at the same moment', async () => {
    const owner = await newPerson(service);
    const ending = service.app.get(DataSource).createQueryRunner();
    await ending.startTransaction();
    await ending.query('SELECT FROM auth_users WHERE id = $1 FOR NO KEY UPDATE', [owner.id]);
    await ending.query('UPDATE auth_sessions SET ended_at = now() WHERE user_id = $1', [owner.id]);
    const asking = create(owner.token, key);
    // A request that arrives after the commit is refused as well.
    await new Promise((resolve) => setTimeout(resolve, 200));
    await ending.commitTransaction();
    await ending.release();
    expectProblem(await asking, 401, 'invalid-token');
    const rows = await service.database.query('SELECT FROM auth_api_keys WHERE user_id = $1', [owner.id]);
    expect(rows).toEqual([]);
  });
});

describe('where API keys are off', () => {
  it('has no routes for them, in the document neither', async () => {
    const off = await TestService.start({ on: service.database, apiKeys: false });
    try {
      const { token } = await newPerson(off);
      for (const [method, path] of [
        ['GET', ''],
        ['POST', ''],
        ['DELETE', `/${randomUUID()}`],
        ['PATCH', `/${randomUUID()}`],
      ])
        expect(
          (
            await off.request(method, `/users/me/api-keys${path}`, {
              token,
              body: method === 'GET' ? undefined : {},
            })
          ).status,
        ).toBe(404);
      const { body } = await off.get('//openapi.json');
      const described = [...Object.keys(body.paths), ...Object.keys(body.components.schemas)];
      expect(
        described.filter((name) => /api-keys|service-accounts|(New|Created|Rename)ApiKey/.test(name)),
      ).toEqual([]);
    } finally {
      await off.stop();
    }
  });
});
