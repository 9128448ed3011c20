import type { AuditType } from '../src/audit/audit-types.js';
import { eventually } from './support/eventually.js';
import { ada, TestService } from './support/test-service.js';

let service: TestService;
let id: string;
let token: string;
beforeAll(async () => {
  service = await TestService.start({ rateLimit: true, trustedProxies: ['127.0.0.1'] });
  ({ id, access_token: token } = await service.signUp());
});
afterAll(() => service.stop());

interface Recorded {
  user_id: string | null;
  actor_id: string | null;
  ip: string | null;
  user_agent: string | null;
  request_id: string | null;
  data: Record<string, unknown>;
}

const recorded = (type: AuditType) =>
  service.database.query<Recorded>(
    `SELECT user_id, actor_id, host(ip) AS ip, user_agent, request_id, data
       FROM auth_audit_events WHERE type = $1 ORDER BY id`,
    [type],
  );

/** Waits for them, since no answer does. */
async function expectRecorded(type: AuditType, count: number): Promise<Recorded[]> {
  return eventually(async () => {
    const events = await recorded(type);
    expect(events).toHaveLength(count);
    return events;
  }, 5_000);
}

const from = (ip: string, agent = 'curl/8.5.0') => ({ 'x-forwarded-for': ip, 'user-agent': agent });
const signIn = (password: string, username = ada.username, ip = '192.0.2.1') =>
  service.request('POST', '/auth/login', { body: { username, password }, headers: from(ip) });
const endWaits = () => service.database.query('UPDATE auth_sign_in_failures SET wait_until = now()');

describe('the audit trail', () => {
  it('tells who was refused for want of a role, once an hour for each operation', async () => {
    const ask = (path: string) => service.request('GET', path, { token, headers: from('203.0.113.7') });
    const { status, headers } = await ask('/users/admin-dashboard');
    expect(status).toBe(403);
    for (let i = 0; i < 10; i++) await ask('/users/admin-dashboard');
    await ask('/users/moderator-panel');
    const client = { user_id: id, actor_id: id, ip: '203.0.113.7', user_agent: 'curl/8.5.0' };
    expect(await expectRecorded('authz_fail', 2)).toEqual([
      {
        ...client,
        request_id: headers.get('x-request-id'),
        data: { operation: 'RoleDemoController.adminDashboard', role: 'user', needed: ['admin'] },
      },
      {
        ...client,
        request_id: expect.any(String),
        data: {
          operation: 'RoleDemoController.moderatorPanel',
          role: 'user',
          needed: ['admin', 'moderator'],
        },
      },
    ]);
  });

  it('tells when a moderator wants to do what only administrators may', async () => {
    const moderator = await service.signUp({ username: 'mary', email: 'mary@example.com' });
    await service.database.query(`UPDATE auth_users SET role = 'moderator' WHERE id = $1`, [moderator.id]);
    const { access_token } = await service.signIn({ username: 'mary', password: ada.password });
    const { status } = await service.patch(`/admin/users/${id}`, { role: 'admin' }, access_token);
    expect(status).toBe(403);
    const [, , event] = await expectRecorded('authz_fail', 3);
    expect(event).toMatchObject({
      user_id: moderator.id,
      data: { operation: 'ChangeUserService.change', role: 'moderator', needed: ['admin'] },
    });
  });

  it('tells nothing of who is not signed in', async () => {
    await service.get('/users/admin-dashboard');
    await service.get('/users/admin-dashboard', 'forged');
    expect(await recorded('authz_fail')).toHaveLength(3);
  });

  it('tells who reached a limit, once an hour for each limit and network', async () => {
    const forget = (ip: string) =>
      service.request('POST', '/auth/password/forgot', {
        body: { email: 'nobody@example.com' },
        headers: from(ip),
      });
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await forget('2001:db8::1'));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 429, 429, 429]);
    expect((await forget('2001:db8::ffff')).status).toBe(429);
    expect((await forget('2001:db8:0:1::1')).status).toBe(429);
    expect(await expectRecorded('excess_rate_limit_exceeded', 2)).toEqual([
      {
        user_id: null,
        actor_id: null,
        ip: '2001:db8::1',
        user_agent: 'curl/8.5.0',
        request_id: answers[3].headers.get('x-request-id'),
        data: { limit: 'forgot-address' },
      },
      expect.objectContaining({ ip: '2001:db8:0:1::1' }),
    ]);
  });

  it('tells who sends too many requests of any kind', async () => {
    await Promise.all(
      Array.from({ length: 305 }, () => service.request('GET', '//', { headers: from('192.0.2.99') })),
    );
    const events = await expectRecorded('excess_rate_limit_exceeded', 3);
    expect(events[2]).toMatchObject({ ip: '192.0.2.99', data: { limit: 'requests' } });
  });

  it('tells when an account has to wait, and for how long, and when its password is disabled', async () => {
    for (let i = 0; i < 7; i++) await signIn('wrong');
    expect(await recorded('authn_login_lock')).toEqual([
      {
        user_id: id,
        actor_id: null,
        ip: '192.0.2.1',
        user_agent: 'curl/8.5.0',
        request_id: expect.any(String),
        data: { failures: 5, wait: 30, disabled: false },
      },
    ]);
    await endWaits();
    await signIn('wrong');
    await service.database.query('UPDATE auth_sign_in_failures SET failures = 99, wait_until = now()');
    await signIn('wrong');
    const events = await recorded('authn_login_lock');
    expect(events.map(({ data }) => data)).toEqual([
      { failures: 5, wait: 30, disabled: false },
      { failures: 6, wait: 60, disabled: false },
      { failures: 100, wait: 120, disabled: true },
    ]);
    await service.database.query('DELETE FROM auth_sign_in_failures');
  });

  it('tells the same of a name that nobody has, and of a password that is asked for again', async () => {
    for (let i = 0; i < 5; i++) await signIn('wrong', 'nobody');
    for (let i = 0; i < 5; i++)
      await service.post(
        '/users/me/password',
        { current_password: 'wrong', new_password: 'Difference2' },
        token,
      );
    const events = await recorded('authn_login_lock');
    expect(events.slice(3)).toMatchObject([
      { user_id: null, data: { failures: 5 } },
      { user_id: id, data: { failures: 5 } },
    ]);
  });
});

/** From an address that nobody was before. */
async function signUp(username: string): Promise<{ id: string; access_token: string }> {
  const body = { username, email: `${username}@example.com`, password: ada.password };
  const headers = from(`198.51.100.${username.length}`);
  const { body: account } = await service.request('POST', '/auth/register', { body, headers });
  const signedIn = await service.request('POST', '/auth/login', {
    body: { ...body, email: undefined },
    headers,
  });
  return { id: account.id, access_token: signedIn.body.access_token };
}

describe('the audit trail of a person', () => {
  it('tells of privileges that a signed-in user sent, once an hour, and of no typing error', async () => {
    const type = 'malicious_extraneous';
    const send = (body: object) =>
      service.request('PATCH', '/users/me', { token, body, headers: from('203.0.113.9') });
    expect((await send({ fullname: 'Ada' })).status).toBe(422);
    const { status, headers } = await send({ role: 'admin', is_active: true, colour: 'red' });
    expect(status).toBe(422);
    const [event] = await expectRecorded(type, 1);
    expect(event).toEqual({
      ...{ user_id: id, actor_id: id, ip: '203.0.113.9', user_agent: 'curl/8.5.0' },
      request_id: headers.get('x-request-id'),
      data: { fields: ['role', 'is_active'] },
    });
    for (const field of ['id', 'email_verified', 'is_admin', 'role']) await send({ [field]: 'x' });
    // A stranger is in the log alone.
    const stranger = { username: 'mallory', email: 'm@example.com', password: ada.password, role: 'admin' };
    expect((await service.post('/auth/register', stranger)).status).toBe(422);
    expect((await service.get('/users/admin-dashboard', token)).status).toBe(403);
    await expectRecorded(type, 1);
  });

  it('tells of another address that was asked for, without the address', async () => {
    const mover = await signUp('mover');
    const change = { new_email: 'elsewhere@example.com', current_password: ada.password };
    expect((await service.post('/users/me/email', change, mover.access_token)).status).toBe(202);
    const [event] = await expectRecorded('authn_email_change_requested', 1);
    expect(event).toMatchObject({ user_id: mover.id, actor_id: mover.id, data: {} });
  });

  it('tells of links that were asked for again, for an account, and of no strangers', async () => {
    const reader = await signUp('reader');
    for (const path of ['/auth/verify-email/request', '/auth/password/forgot'])
      for (const email of ['nobody.else@example.com', 'READER@example.com'])
        expect(
          (await service.request('POST', path, { body: { email }, headers: from('203.0.113.88') })).status,
        ).toBe(202);
    for (const type of ['authn_email_verification_requested', 'authn_password_reset_requested'] as const) {
      const [event] = await expectRecorded(type, 1);
      expect(event).toMatchObject({ user_id: reader.id, actor_id: null, ip: '203.0.113.88' });
    }
  });
});
