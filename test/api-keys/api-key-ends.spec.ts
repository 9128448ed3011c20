import { PasswordChangeService } from '../../src/auth/passwords/change/password-change.service.js';
import type { PasswordChangeReason } from '../../src/auth/passwords/password-changed.event.js';
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
  mail = await MailService.start({ signInMethods: ['password', 'passkey', 'email-code'] });
  ({ service } = mail);
  admin = await newPerson(service, Role.Admin);
});
afterAll(() => mail.stop());

const me = (token: string) => service.get('/users/me', token);
const trail = (userId: string) =>
  service.database.query<{ actor_id: string | null; data: object }>(
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

  /** Sets a password without the one of before. */
  const assign = (userId: string, reason: PasswordChangeReason) =>
    service.app.get(PasswordChangeService, { strict: false }).assign(userId, 'Nanosecond30cm', { reason });

  it.each<[string, string | undefined, (person: Person) => Promise<unknown>]>([
    ['a password that an operator sets', 'password_reset', ({ id }) => assign(id, 'operator')],
    ['a password that a host sets', 'password_reset', ({ id }) => assign(id, 'application')],
    [
      'an undo of a change of the email address',
      'reclaimed',
      async ({ email, token }) => {
        const new_email = `new-${email}`;
        await service.post('/users/me/email', { new_email }, token);
        await service.post('/auth/email/confirm', {
          token: await mail.token('confirm-email-change', new_email),
        });
        const undone = await service.post('/auth/email/undo', {
          token: await mail.token('email-changed', email),
        });
        expect(undone.status).toBe(204);
      },
    ],
    [
      'a code by which the owner of an unverified address takes the account over',
      'reclaimed',
      async ({ id, email }) => {
        await service.database.query('UPDATE auth_users SET email_verified_at = NULL WHERE id = $1', [id]);
        const { body } = await service.post('/auth/email-code', { email });
        const code = /\b\d{4} \d{4}\b/.exec((await mail.mail('email-code', email)).text ?? '')?.[0] ?? '';
        const { sign_in_token } = body;
        expect((await service.post('/auth/login/continue', { sign_in_token, email_code: code })).status).toBe(
          200,
        );
      },
    ],
    [
      'a change of the role',
      undefined,
      ({ id }) => service.patch(`/admin/users/${id}`, { role: 'moderator' }, admin.token),
    ],
    [
      'a password, where there was none',
      undefined,
      ({ token }) =>
        service.request('PUT', '/users/me/password', { token, body: { new_password: 'Nanosecond30cm' } }),
    ],
    ['a sign-out everywhere', undefined, ({ token }) => service.post('/auth/logout-all', {}, token)],
    [
      'a change of the email address',
      undefined,
      async ({ email, token }) => {
        const new_email = `new-${email}`;
        await service.post('/users/me/email', { new_email }, token);
        await service.post('/auth/email/confirm', {
          token: await mail.token('confirm-email-change', new_email),
        });
      },
    ],
  ])('is judged by %s: %s', async (_, reason, happen) => {
    const owner = await newPerson(service);
    const { id, token } = await newKey(service, owner);
    expect((await me(token)).status).toBe(200);
    await happen(owner);
    const revoked = (await trail(owner.id)).map(({ data }) => data);
    expect(revoked).toEqual(reason ? [{ key: id, reason }] : []);
    const { status } = await me(token);
    expect(status).toBe(reason ? 401 : 200);
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
