import { newApiKeyToken } from '../../src/auth/api-keys/api-key-token.js';
import { ApiKeyUses } from '../../src/auth/api-keys/use/api-key-uses.js';
import { Role } from '../../src/settings/role.js';
import { UsersService } from '../../src/users/users.service.js';
import { newKey, newPerson, type Person } from '../support/api-key-holder.js';
import { queriesDuring } from '../support/counted-queries.js';
import { eventually } from '../support/eventually.js';
import { expectProblem } from '../support/expect-problem.js';
import { TestService } from '../support/test-service.js';

const all = ['profile:read', 'users:read', 'users:write', 'audit:read'];

let service: TestService;
let other: TestService;
let admin: Person;
let key: string;
const lines: string[] = [];
beforeAll(async () => {
  // Without a worker, whose jobs would send statements between the requests.
  const auth = { worker: false };
  service = await TestService.start({ auth, print: (line) => void lines.push(line) });
  other = await TestService.start({ auth, on: service.database });
  await newPerson(service, Role.Admin);
  admin = await newPerson(service, Role.Admin);
  ({ token: key } = await newKey(service, admin, all));
});
afterAll(async () => {
  await other.stop();
  await service.stop();
});

const me = (token: string, at = service) => at.get('/users/me', token);
const byHeader = (value: string, token?: string, at = service) =>
  at.request('GET', '/users/me', { token, headers: { 'x-api-key': value } });

describe('a request with an API key', () => {
  it.each(['Authorization', 'X-API-Key'])('is that of its user, in %s', async (header) => {
    const answer = header === 'X-API-Key' ? await byHeader(key) : await me(key);
    expect(answer).toMatchObject({ status: 200, body: { id: admin.id, username: admin.username } });
  });

  it('has one of them', async () => {
    for (const [own, token] of [
      [key, key],
      [key, admin.token],
      ['x', admin.token],
    ]) {
      const refused = await byHeader(own, token);
      expectProblem(refused, 400, 'ambiguous-credentials');
      expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_request"');
    }
  });

  it.each<[string, (token: string) => string]>([
    ['one letter less', (token) => token.slice(0, -1)],
    ['one letter more', (token) => `${token}0`],
    ['another letter in the checksum', (token) => token.slice(0, -1) + (token.endsWith('0') ? '1' : '0')],
    [
      'another letter before it',
      (token) => token.slice(0, 12) + (token[12] === 'x' ? 'y' : 'x') + token.slice(13),
    ],
    ['its prefix in capitals', (token) => token.replace('astra_pat_', 'ASTRA_PAT_')],
    ['the prefix of a service account', (token) => token.replace('_pat_', '_svc_')],
    ['nothing else', () => 'astra_pat_'],
    ['a key that was never issued', () => newApiKeyToken('astra', 'pat')],
    ['a refresh token', () => 'r'.repeat(80)],
  ])('is refused with %s', async (_, change) => {
    for (const answer of [await me(change(key)), await byHeader(change(key))]) {
      expectProblem(answer, 401, 'invalid-token');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    }
  });

  it('is refused with an access token in X-API-Key', async () => {
    expectProblem(await byHeader(admin.token), 401, 'invalid-token');
    expectProblem(await byHeader(''), 401, 'invalid-token');
  });

  it('is refused once the key has expired', async () => {
    const { id, token } = await newKey(service, admin);
    await service.database.query(
      `UPDATE auth_api_keys SET expires_at = now() + interval '1 second' WHERE id = $1`,
      [id],
    );
    expect((await me(token)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    for (const at of [service, other]) expectProblem(await me(token, at), 401, 'invalid-token');
  });

  it('costs one query in a thousand, and at most one write a minute', async () => {
    // Once more if a notice of what an earlier test changed comes in between: then the key is read again, and rightly so.
    const id = await eventually(async () => {
      const { id, token } = await newKey(service, admin);
      const texts = await queriesDuring(async () => {
        for (let i = 0; i < 20; i++) {
          const answers = await Promise.all(Array.from({ length: 50 }, () => me(token)));
          expect(answers.every(({ status }) => status === 200)).toBe(true);
        }
      });
      expect(texts).toEqual([expect.stringMatching(/^SELECT[^]* FROM "auth_api_keys"/)]);
      return id;
    }, 20_000);
    const written = await queriesDuring(() => service.app.get(ApiKeyUses, { strict: false }).flush());
    expect(written).toHaveLength(1);
    const [row] = await service.database.query(
      'SELECT last_used_at, last_used_ip FROM auth_api_keys WHERE id = $1',
      [id],
    );
    expect(row).toEqual({ last_used_at: expect.any(Date), last_used_ip: '127.0.0.1' });
    const { body } = await service.get('/users/me/api-keys?limit=1', admin.token);
    expect(body.items[0]).toMatchObject({
      id,
      last_used_ip: '127.0.0.1',
      last_used_at: expect.stringMatching(/Z$/),
    });
  });

  it('is refused with the answer that revokes the key, and within a second on other instances', async () => {
    const { id, token } = await newKey(service, admin);
    for (const at of [service, other]) expect((await me(token, at)).status).toBe(200);
    expect((await service.delete(`/users/me/api-keys/${id}`, admin.token)).status).toBe(204);
    const revokedAt = performance.now();
    expectProblem(await me(token), 401, 'invalid-token');
    await eventually(async () => expect((await me(token, other)).status).toBe(401), 1_000);
    expect(performance.now() - revokedAt).toBeLessThan(1_500);
  });

  it('ends with its account, on all instances', async () => {
    const users = service.app.get(UsersService, { strict: false });
    for (const end of [
      (id: string) => service.patch(`/admin/users/${id}`, { is_active: false }, admin.token),
      (id: string) => service.delete(`/admin/users/${id}`, admin.token),
    ]) {
      const owner = await newPerson(service);
      const { token } = await newKey(service, owner);
      for (const at of [service, other]) expect((await me(token, at)).status).toBe(200);
      expect((await end(owner.id)).status).toBeLessThan(300);
      expectProblem(await me(token), 401, 'invalid-token');
      await eventually(async () => expect((await me(token, other)).status).toBe(401), 1_000);
    }
    expect(await users.get(admin.id)).toMatchObject({ isActive: true });
  });
});

describe('what an API key may do', () => {
  /** Routes of ours that accept keys; every other one refuses them. */
  const accepting: Record<string, string> = {
    'GET /api/v1/users/me': 'profile:read',
    'GET /api/v1/admin/users': 'users:read',
    'GET /api/v1/admin/users/{id}': 'users:read',
    'POST /api/v1/admin/users': 'users:write',
    'PATCH /api/v1/admin/users/{id}': 'users:write',
    'GET /api/v1/admin/audit-events': 'audit:read',
  };

  it('is what its routes say, for every route', async () => {
    const { body } = await service.get('//openapi.json');
    const guarded = Object.entries<Record<string, { security?: object[] }>>(body.paths).flatMap(
      ([path, item]) =>
        Object.entries(item).flatMap(([method, { security }]) =>
          security ? [[method.toUpperCase(), path, security]] : [],
        ),
    ) as [string, string, object[]][];
    expect(guarded.length).toBeGreaterThan(40);
    const documented = guarded.filter(([, , security]) => security.some((one) => 'astra_api_key' in one));
    expect(documented.map(([method, path]) => `${method} ${path}`).sort()).toEqual(
      Object.keys(accepting).sort(),
    );
    for (const [method, path] of guarded) {
      const target = `/${path.replaceAll(/\{\w+\}/g, admin.id)}`;
      const scope = accepting[`${method} ${path}`];
      const options = method === 'GET' ? {} : { body: {} };
      const answer = await service.request(method, target, { ...options, token: key });
      if (scope) {
        expect([method, path, answer.status]).not.toEqual([method, path, 403]);
        const { token: without } = await newKey(
          service,
          admin,
          all.filter((one) => one !== scope),
        );
        const refused = await service.request(method, target, { ...options, token: without });
        expectProblem(refused, 403, 'insufficient-scope');
        expect(refused.headers.get('www-authenticate')).toBe(
          `Bearer error="insufficient_scope", scope="${scope}"`,
        );
      } else {
        expect([method, path, answer.status, answer.body.type]).toEqual([
          ...[method, path, 403, '/problems/api-key-not-accepted'],
        ]);
      }
    }
  });

  it('becomes less with the role of its user, at once', async () => {
    const owner = await newPerson(service, Role.Admin);
    const { token } = await newKey(service, owner, all);
    for (const at of [service, other]) expect((await at.get('/admin/audit-events', token)).status).toBe(200);
    await service.patch(`/admin/users/${owner.id}`, { role: 'moderator' }, admin.token);
    expectProblem(await service.get('/admin/audit-events', token), 403, 'insufficient-role');
    expect((await service.get('/admin/users', token)).status).toBe(200);
    await eventually(
      async () => expect((await other.get('/admin/audit-events', token)).status).toBe(403),
      1_000,
    );
  });

  it('is to create, change and deactivate users, and to give nobody a role', async () => {
    const username = 'provisioned';
    const create = (more: object) =>
      service.post('/admin/users', { username, email: `${username}@example.com`, ...more }, key);
    expectProblem(await create({ role: 'moderator' }), 403, 'api-key-not-accepted');
    const { status, body } = await create({ role: 'user' });
    expect(status).toBe(201);
    const change = (changes: object) => service.patch(`/admin/users/${body.id}`, changes, key);
    expectProblem(await change({ role: 'admin' }), 403, 'api-key-not-accepted');
    expect(await change({ full_name: 'P', is_active: false })).toMatchObject({
      status: 200,
      body: { is_active: false },
    });
  });

  it('is in the log by its id, and a refusal in the audit trail', async () => {
    const owner = await newPerson(service);
    const { id, token } = await newKey(service, owner);
    lines.length = 0;
    expect((await service.get('/users/me/sessions', token)).status).toBe(403);
    await eventually(async () =>
      expect(lines.some((line) => line.includes('api-key-not-accepted'))).toBe(true),
    );
    const line = lines.find((one) => one.includes('api-key-not-accepted'))!;
    expect(JSON.parse(line)).toMatchObject({ user_id: owner.id, api_key_id: id, status: 403 });
    expect(lines.join('\n')).not.toContain(token.slice(10));
    await eventually(async () => {
      const refusals = await service.database.query(
        `SELECT data FROM auth_audit_events WHERE user_id = $1 AND type = 'authz_fail'`,
        [owner.id],
      );
      expect(refusals).toEqual([
        { data: { key: id, role: 'user', needed: [], operation: 'OwnSessionsController.list' } },
      ]);
    });
  });
});

describe('the limit of an API key', () => {
  it('is shared by all instances, and apart from that of the IP address', async () => {
    const limits = {
      rateLimit: true,
      auth: {
        rateLimits: { requests: { limit: 20, window: 3_600 }, 'api-key': { limit: 15, window: 3_600 } },
      },
    } as const;
    const first = await TestService.start({ on: service.database, ...limits });
    const second = await TestService.start({ on: service.database, ...limits });
    try {
      const { token } = await newKey(service, admin);
      const instances = [first, second];
      for (let i = 0; i < 15; i++) {
        const { status, headers } = await me(token, instances[i % 2]);
        expect(status).toBe(200);
        expect(headers.get('ratelimit')).toMatch(new RegExp(`^"api-key";r=${14 - i};`));
      }
      for (const at of instances) {
        const refused = await me(token, at);
        expectProblem(refused, 429, 'too-many-requests');
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      }
      // One request of the key was counted for the IP address, before the instance knew the key.
      for (let i = 0; i < 19; i++) expect((await me(admin.token, first)).status).toBe(200);
      expectProblem(await me(admin.token, first), 429, 'too-many-requests');
    } finally {
      await first.stop();
      await second.stop();
    }
  });

  it('does not keep garbage from the limit of its IP address, and no garbage reaches the database', async () => {
    const limited = await TestService.start({ on: service.database, rateLimit: true });
    try {
      const token = newApiKeyToken('astra', 'pat');
      const garbage = (i: number) => `astra_pat_${i.toString(36).padStart(30, 'x')}${token.slice(-6)}`;
      const statuses: Record<number, number> = {};
      const texts = await queriesDuring(async () => {
        for (let i = 0; i < 10_000; i += 100) {
          const answers = await Promise.all(
            Array.from({ length: 100 }, (_, j) => me(garbage(i + j), limited)),
          );
          for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
        }
      });
      // The refusal itself is recorded in the audit trail, once.
      const asked = texts.filter((text) => /auth_api_keys|auth_users|auth_rate_limits/.test(text));
      // Instances of this process may write the last use of other keys meanwhile, and remove counters that have expired.
      const isOfTheClock = (text: string) =>
        text.includes('last_used_at') || /^DELETE FROM auth_rate_limits\s+WHERE ctid = ANY/.test(text);
      expect(asked.filter((text) => !isOfTheClock(text))).toEqual([]);
      expect(Object.keys(statuses)).toEqual(['401', '429']);
      expect(statuses[401]).toBeLessThanOrEqual(900);
    } finally {
      await limited.stop();
    }
  });
});

describe('where API keys are off', () => {
  it('refuses keys, and ignores X-API-Key', async () => {
    const off = await TestService.start({ on: service.database, apiKeys: false });
    try {
      expectProblem(await me(key, off), 401, 'invalid-token');
      expectProblem(await byHeader(key, undefined, off), 401, 'not-authenticated');
      expect((await byHeader(key, admin.token, off)).status).toBe(200);
      const { body } = await off.get('//openapi.json');
      expect(body.components.securitySchemes.astra_api_key).toBeUndefined();
      expect(body.paths['/api/v1/users/me'].get.security).toEqual([{ astra: [] }]);
      expect(Object.keys(body.paths['/api/v1/users/me'].get.responses)).toEqual(['200', '401', 'default']);
    } finally {
      await off.stop();
    }
  });
});
