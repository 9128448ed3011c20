import { Role } from '../../src/settings/role.js';
import { newApiKeyToken } from '../../src/auth/api-keys/api-key-token.js';
import { newKey, newPerson, type Person } from '../support/api-key-holder.js';
import { expectProblem } from '../support/expect-problem.js';
import { MailService, tokenIn } from '../support/mail-service.js';
import { runScheduled } from '../support/run-scheduled.js';
import type { TestService } from '../support/test-service.js';

let mail: MailService;
let service: TestService;
let admin: Person;
beforeAll(async () => {
  mail = await MailService.start();
  ({ service } = mail);
  admin = await newPerson(service, Role.Admin);
});
afterAll(() => mail.stop());

const me = (token: string) => service.get('/users/me', token);
const trail = (userId: string) =>
  service.database.query(
    `SELECT actor_id, data FROM auth_audit_events WHERE user_id = $1 AND type = 'authn_token_revoked'`,
    [userId],
  );

describe('an API key', () => {
  it('is revoked by its token, by anybody', async () => {
    const owner = await newPerson(service);
    const { id, token } = await newKey(service, owner);
    expect((await me(token)).status).toBe(200);
    for (const unknown of [newApiKeyToken('astra', 'pat'), token.slice(0, -1), `${token}x`, token, token])
      expect(await service.post('/auth/revoke', { token: unknown })).toMatchObject({ status: 200, body: {} });
    expectProblem(await me(token), 401, 'invalid-token');
    expect(await trail(owner.id)).toEqual([{ actor_id: null, data: { key: id, reason: 'found' } }]);
  });

  it('ends with a password reset, and not with a change of the password', async () => {
    const { id, access_token } = await service.signUp({ username: 'reset', email: 'reset@example.com' });
    await service.database.query('UPDATE auth_users SET email_verified_at = now() WHERE id = $1', [id]);
    const { token } = await newKey(service, { token: access_token });
    const change = { current_password: 'Analytical1', new_password: 'Difference2' };
    expect((await service.post('/users/me/password', change, access_token)).status).toBe(204);
    expect((await me(token)).status).toBe(200);
    await service.post('/auth/password/forgot', { email: 'reset@example.com' });
    await mail.settled();
    const link = tokenIn(mail.received('reset-password', 'reset@example.com').at(-1)!);
    const reset = { token: link, new_password: 'Nanosecond30cm' };
    expect((await service.post('/auth/password/reset', reset)).status).toBe(204);
    expectProblem(await me(token), 401, 'invalid-token');
  });

  it('ends when an admin disables the password', async () => {
    const owner = await newPerson(service);
    const { id, token } = await newKey(service, owner);
    expect((await me(token)).status).toBe(200);
    await service.post(`/admin/users/${owner.id}/password-reset`, undefined, admin.token);
    expectProblem(await me(token), 401, 'invalid-token');
    expect(await trail(owner.id)).toEqual([
      { actor_id: admin.id, data: { key: id, reason: 'password_reset' } },
    ]);
  });

  it('is in the export of its account, without its token', async () => {
    const owner = await newPerson(service);
    const { id, token } = await newKey(service, owner);
    const { body } = await service.get('/users/me/export', owner.token);
    expect(body.api_keys).toMatchObject([{ id, name: 'Export', scopes: ['profile:read'] }]);
    expect(JSON.stringify(body)).not.toContain(token.slice(10));
  });

  it('is erased with its account', async () => {
    const owner = await newPerson(service);
    await newKey(service, owner);
    await service.delete(`/admin/users/${owner.id}`, admin.token);
    await service.database.query(
      `UPDATE auth_users SET deleted_at = now() - interval '31 days' WHERE id = $1`,
      [owner.id],
    );
    await service.database.query('DELETE FROM auth_users WHERE id = $1', [owner.id]);
    expect(await service.database.query('SELECT FROM auth_api_keys WHERE user_id = $1', [owner.id])).toEqual(
      [],
    );
  });

  it('is announced to expire a week before, once, unless it lives for a week only', async () => {
    const owner = await newPerson(service);
    const [soon, later, brief] = [
      await newKey(service, owner),
      await newKey(service, owner),
      await newKey(service, owner, undefined, 7),
    ];
    await service.database.query(
      `UPDATE auth_api_keys SET expires_at = now() + interval '6 days', created_at = now() - interval '84 days'
        WHERE id = $1`,
      [soon.id],
    );
    await runScheduled(service, 'warn-api-keys');
    await runScheduled(service, 'warn-api-keys');
    await mail.settled();
    const messages = mail.received('api-key-expires', owner.email);
    expect(messages).toHaveLength(1);
    expect(messages[0].text).toContain(soon.token.slice(-4));
    for (const { token } of [soon, later, brief]) expect(messages[0].text).not.toContain(token.slice(10));
  });
});
