import { UsersService } from '../src/users/users.service.js';
import { expectProblem } from './support/expect-problem.js';
import { runAstra } from './support/run-astra.js';
import { ada, TestService } from './support/test-service.js';

const NEW = 'Nanosecond30cm';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({
    rateLimit: true,
    auth: { rateLimits: { requests: false, register: false, 'sign-in': false } },
  });
});
afterAll(() => service.stop());

const signIn = (username: string, password: string) => service.post('/auth/login', { username, password });
const setPassword = (login: string, password?: string) =>
  runAstra(service.database, ['users', 'set-password', login], {}, password);

describe('users set-password', () => {
  it('lets the last admin in again, whose password a stranger’s failures have disabled', async () => {
    const root = { username: 'root', email: 'root@example.com', password: ada.password };
    const { id, access_token, refresh_token } = await service.signUp(root);
    await service.app.get(UsersService, { strict: false }).update(id, { role: 'admin' });
    for (let i = 0; i < 100; i++) {
      await service.database.query('UPDATE auth_sign_in_failures SET wait_until = now()');
      await signIn('root', 'wrong');
    }
    await service.database.query('UPDATE auth_sign_in_failures SET wait_until = now()');
    expectProblem(await signIn('root', root.password), 401, 'invalid-credentials');
    const another = ['create-admin', '--username', 'root2', '--email', 'root2@example.com'];
    const refused = await runAstra(service.database, another, {}, NEW);
    expect(refused.printed).toEqual(['An admin already exists. Nothing was changed.']);
    expect(refused.noticed.join()).toContain('astra users set-password');

    expect(await setPassword('ROOT@example.com', NEW)).toEqual({
      exitCode: 0,
      printed: ['Set the password of root; its sessions and links have ended.'],
      noticed: [],
    });
    expect((await signIn('root', NEW)).status).toBe(200);
    expect((await signIn('root', root.password)).status).toBe(401);
    expect((await service.get('/users/me', access_token)).status).toBe(401);
    expect((await service.post('/auth/refresh', { refresh_token })).status).toBe(401);

    const events = await service.database.query(
      `SELECT actor_id, ip, data FROM auth_audit_events WHERE user_id = $1 AND type = 'authn_password_change'`,
      [id],
    );
    expect(events).toEqual([{ actor_id: null, ip: null, data: { reason: 'operator' } }]);

    expect((await runAstra(service.database, [...another, '--another'], {}, NEW)).exitCode).toBe(0);
    expect((await signIn('root2', NEW)).status).toBe(200);
  });

  it('keeps the rules of passwords, and says what is wrong', async () => {
    await service.signUp();
    const weak = await setPassword('ada', 'short');
    expect(weak.exitCode).toBe(1);
    expect(weak.noticed.join('\n')).toContain('The password must be at least 8 characters long.');
    expect(await setPassword('nobody', NEW)).toEqual({
      exitCode: 1,
      printed: [],
      noticed: ['Account nobody not found.'],
    });
    expect((await signIn('ada', ada.password)).status).toBe(200);
  });

  it('takes no password as an argument, where others could read it', async () => {
    const { exitCode, noticed } = await runAstra(service.database, ['users', 'set-password', 'ada', NEW]);
    expect(exitCode).toBe(1);
    expect(noticed.join()).not.toContain(NEW);
    expect((await signIn('ada', NEW)).status).toBe(401);
  });

  it('says that an inactive account stays so', async () => {
    const { id } = await service.signUp({ username: 'idle', email: 'idle@example.com' });
    await service.app.get(UsersService, { strict: false }).update(id, { isActive: false });
    expect((await setPassword('idle', NEW)).noticed).toEqual([
      'The account is inactive. An admin must activate it before the user can sign in.',
    ]);
    expectProblem(await signIn('idle', NEW), 403, 'inactive-user');
  });
});
