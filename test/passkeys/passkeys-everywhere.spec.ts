import { AccountEvents, PasskeyRemoved, UsersService } from '../../src/index.js';
import { age } from '../support/aged-session.js';
import { previousCode } from '../support/authenticator.js';
import { expectProblem } from '../support/expect-problem.js';
import { mailTo } from '../support/mail.js';
import { addPasskey, newHolder, type PasskeyHolder, passkeySignIn } from '../support/passkey-holder.js';
import { TestService } from '../support/test-service.js';

const removed: PasskeyRemoved[] = [];
let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
  service.app.get(AccountEvents, { strict: false }).before(PasskeyRemoved, (event) => {
    removed.push(event);
  });
});
afterAll(() => service.stop());

const query = <T extends object>(sql: string, ...parameters: unknown[]) =>
  service.database.query<T>(sql, parameters);
const trailOf = ({ id }: PasskeyHolder, type: string) =>
  query<{ actor_id: string; data: object }>(
    'SELECT actor_id, data FROM auth_audit_events WHERE user_id = $1 AND type = $2',
    id,
    type,
  );
const signIn = ({ username }: PasskeyHolder) =>
  service.post('/auth/login', { username, password: 'Analytical1' });

async function admin() {
  const holder = await newHolder(service);
  await service.app.get(UsersService, { strict: false }).update(holder.id, { role: 'admin' });
  return holder;
}

async function addTotp({ access_token }: PasskeyHolder): Promise<string> {
  const { body } = await service.post('/users/me/factors/totp', { name: 'Phone' }, access_token);
  const confirmation = { id: body.id, totp_code: await previousCode(body.secret) };
  const { status } = await service.post('/users/me/factors/totp/confirm', confirmation, access_token);
  expect(status).toBe(200);
  return body.id;
}

/** Takes the password away, as a user without one has none. */
const forgetPassword = ({ id }: PasskeyHolder) =>
  query('UPDATE auth_users SET hashed_password = NULL WHERE id = $1', id);

describe('the list of factors', () => {
  it('has passkeys and the app, newest first, in pages', async () => {
    const holder = await newHolder(service);
    const first = await addPasskey(service, holder, 'Laptop');
    const totp = await addTotp(holder);
    const last = await addPasskey(service, holder, 'Key ring');
    const get = (path: string) => service.get(`/users/me/factors${path}`, holder.access_token);
    const { body } = await get('');
    expect(body).toEqual({
      items: [
        {
          ...{ id: last, type: 'passkey', name: 'Key ring' },
          ...{ created_at: expect.stringMatching(/Z$/), last_used_at: null },
        },
        expect.objectContaining({ id: totp, type: 'totp', name: 'Phone' }),
        expect.objectContaining({ id: first, type: 'passkey', name: 'Laptop' }),
      ],
      ...{ next_cursor: null, total: 3, total_is_estimate: false, recovery_codes_left: 10 },
    });
    const pages = [];
    let cursor = '';
    do {
      const { body: page } = await get(`?limit=2${cursor}`);
      expect(page.total).toBe(3);
      pages.push(page.items.map(({ id }: { id: string }) => id));
      cursor = page.next_cursor && `&cursor=${page.next_cursor}`;
    } while (cursor);
    expect(pages).toEqual([[last, totp], [first]]);
    expectProblem(await get('?cursor=WyJ4Il0'), 422, 'invalid-input');
  });

  it('renames a passkey as it renames an app', async () => {
    const holder = await newHolder(service);
    const id = await addPasskey(service, holder);
    const rename = (name: unknown, as = holder) =>
      service.patch(`/users/me/factors/${id}`, { name }, as.access_token);
    expect(await rename('  Desk ')).toMatchObject({
      status: 200,
      body: { id, type: 'passkey', name: 'Desk' },
    });
    const { body } = await service.get('/users/me/passkeys', holder.access_token);
    expect(body.items).toMatchObject([{ id, name: 'Desk' }]);
    for (const name of ['', 'a\u202eb', 'x'.repeat(51), null, 7])
      expectProblem(await rename(name), 422, 'invalid-input');
    expectProblem(await rename('Mine', await newHolder(service)), 404, 'not-found');
  });

  it.each(['factors', 'passkeys'])('removes a passkey under /users/me/%s', async (path) => {
    const holder = await newHolder(service);
    const id = await addPasskey(service, holder);
    const { body: other } = await passkeySignIn(service, holder.authenticator);
    const url = `/users/me/${path}/${id}`;
    expectProblem(
      await service.delete(url, (await newHolder(service)).access_token),
      401,
      'reauthentication-required',
    );
    await age(service, holder.id, 301);
    expectProblem(await service.delete(url, holder.access_token), 401, 'reauthentication-required');
    const { body: fresh } = await passkeySignIn(service, holder.authenticator);
    expect((await service.delete(url, fresh.access_token)).status).toBe(204);
    expectProblem(await service.get('/users/me', other.access_token), 401, 'invalid-token');
    expect((await service.get('/users/me/factors', fresh.access_token)).body).toMatchObject({
      ...{ items: [], recovery_codes_left: 0 },
    });
    expect((await signIn(holder)).status).toBe(200);
    const [last, ...others] = await trailOf(holder, 'authn_passkey_removed');
    expect([last, others]).toEqual([{ actor_id: holder.id, data: { passkey: id, synced: true } }, []]);
    expect(removed).toContainEqual(expect.objectContaining({ userId: holder.id, passkeyId: id }));
    expectProblem(await service.delete(url, fresh.access_token), 404, 'not-found');
  });

  it('keeps the last way to sign in under both paths', async () => {
    const holder = await newHolder(service);
    const id = await addPasskey(service, holder);
    await forgetPassword(holder);
    for (const path of ['factors', 'passkeys'])
      expectProblem(
        await service.delete(`/users/me/${path}/${id}`, holder.access_token),
        409,
        'last-sign-in-method',
      );
    expect((await passkeySignIn(service, holder.authenticator)).status).toBe(200);
  });

  it('keeps the recovery codes while there is another factor', async () => {
    const holder = await newHolder(service);
    const totp = await addTotp(holder);
    const id = await addPasskey(service, holder);
    const left = async () =>
      (await service.get('/users/me/factors', holder.access_token)).body.recovery_codes_left as number;
    expect((await service.delete(`/users/me/factors/${id}`, holder.access_token)).status).toBe(204);
    expect(await left()).toBe(10);
    expect((await service.delete(`/users/me/factors/${totp}`, holder.access_token)).status).toBe(204);
    expect(await left()).toBe(0);
  });
});

describe('the export of an account', () => {
  it('holds factors and passkeys, without keys', async () => {
    const holder = await newHolder(service);
    const totp = await addTotp(holder);
    const id = await addPasskey(service, holder, 'Desk');
    const { body } = await service.get('/users/me/export', holder.access_token);
    const { body: factors } = await service.get('/users/me/factors', holder.access_token);
    const { body: passkeys } = await service.get('/users/me/passkeys', holder.access_token);
    expect(body.factors).toEqual(factors.items);
    expect(body.factors.map((factor: { id: string }) => factor.id)).toEqual([id, totp]);
    expect(body.passkeys).toEqual(passkeys.items);
    const [{ key }] = await query<{ key: string }>(
      `SELECT encode(public_key, 'base64') AS key FROM auth_passkeys WHERE id = $1`,
      id,
    );
    for (const secret of [key, holder.authenticator.passkeys[0].id, 'public_key', 'credential'])
      expect(JSON.stringify(body)).not.toContain(secret);
  });
});

describe('an admin', () => {
  it('sees the types of factors', async () => {
    const holder = await newHolder(service);
    const chief = await admin();
    const shown = async () =>
      (await service.get(`/admin/users/${holder.id}`, chief.access_token)).body as object;
    expect(await shown()).toMatchObject({ factors: [] });
    await addPasskey(service, holder);
    expect(await shown()).toMatchObject({ factors: ['passkey'], must_enrol: false });
    await addTotp(holder);
    expect(await shown()).toMatchObject({ factors: ['totp', 'passkey'] });
  });

  it('removes all factors with one message, the last way to sign in included', async () => {
    const holder = await newHolder(service);
    const chief = await admin();
    await addTotp(holder);
    const ids = [await addPasskey(service, holder), await addPasskey(service, holder)];
    await forgetPassword(holder);
    const { status } = await service.delete(`/admin/users/${holder.id}/factors`, chief.access_token);
    expect(status).toBe(204);
    expectProblem(await service.get('/users/me', holder.access_token), 401, 'invalid-token');
    expectProblem(await passkeySignIn(service, holder.authenticator), 401, 'unknown-passkey');
    expect(await query('SELECT FROM auth_recovery_codes WHERE user_id = $1', holder.id)).toEqual([]);
    expect(await trailOf(holder, 'authn_factor_reset')).toEqual([
      { actor_id: chief.id, data: { factors: ['totp', 'passkey'] } },
    ]);
    const told = removed.filter(({ userId }) => userId === holder.id).map(({ passkeyId }) => passkeyId);
    expect(told.sort()).toEqual(ids);
    const subjects = (await mailTo(service, holder.email, 5)).map(({ subject }) => subject);
    expect(new Set(subjects.slice(1)).size).toBe(3);
    expect(subjects.slice(1)).not.toContain(subjects[0]);
  });

  it('removes one passkey, but none of the own', async () => {
    const holder = await newHolder(service);
    const chief = await admin();
    const [id, kept] = [await addPasskey(service, holder), await addPasskey(service, holder)];
    const own = await addPasskey(service, chief);
    const url = (user: string, passkey: string) => `/admin/users/${user}/passkeys/${passkey}`;
    const remove = (user: string, passkey: string, as: PasskeyHolder = chief) =>
      service.delete(url(user, passkey), as.access_token);
    expectProblem(await remove(chief.id, own), 403, 'not-for-yourself');
    expectProblem(await remove(holder.id, own), 404, 'not-found');
    expectProblem(await remove(own, id), 404, 'not-found');
    expectProblem(await remove(holder.id, id, await newHolder(service)), 403, 'insufficient-role');
    expectProblem(await remove(holder.id, 'x'), 422, 'invalid-input');
    expect((await remove(holder.id, id)).status).toBe(204);
    expectProblem(await service.get('/users/me', holder.access_token), 401, 'invalid-token');
    expect(await trailOf(holder, 'authn_passkey_removed')).toEqual([
      { actor_id: chief.id, data: { passkey: id, synced: true } },
    ]);
    expect((await passkeySignIn(service, holder.authenticator)).status).toBe(200);
    // Also the last one: it may be in the wrong hands, and a password can be set by email.
    await forgetPassword(holder);
    expect((await remove(holder.id, kept)).status).toBe(204);
    expect(await query('SELECT FROM auth_recovery_codes WHERE user_id = $1', holder.id)).toEqual([]);
    await age(service, chief.id, 301);
    expectProblem(await remove(holder.id, kept), 401, 'reauthentication-required');
  });
});
