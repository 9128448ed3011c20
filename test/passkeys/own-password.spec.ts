import { UsersService } from '../../src/users/users.service.js';
import { SoftAuthenticator } from '../../src/testing/soft-authenticator.js';
import { age } from '../support/aged-session.js';
import { earlyInStep, totpCode } from '../support/authenticator.js';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import { MailService } from '../support/mail-service.js';
import { addPasskey, newHolder, type PasskeyHolder, passkeySignIn } from '../support/passkey-holder.js';
import { ada, TestService } from '../support/test-service.js';

const { password } = ada;
const origin = 'https://accounts.example';
const next = { new_password: 'Difference2' };

let app: MailService;
let service: TestService;
beforeAll(async () => {
  app = await MailService.start();
  service = app.service;
});
afterAll(() => app.stop());

/** Somebody with a password and a passkey, which was just added. */
async function someone(options: { synced?: boolean; verifiesUser?: boolean } = {}) {
  const holder = await newHolder(service, { origin, ...options });
  return { ...holder, passkeyId: await addPasskey(service, holder) };
}

const remove = ({ access_token }: { access_token: string }, at = service) =>
  at.delete('/users/me/password', access_token);
const set = ({ access_token }: { access_token: string }, body: object = next, at = service) =>
  at.request('PUT', '/users/me/password', { body, token: access_token });
const login = ({ username }: { username: string }, secret = password) =>
  service.post('/auth/login', { username, password: secret });
const query = <T extends object = any>(sql: string, ...values: unknown[]) =>
  service.database.query<T>(sql, values);
const withoutCodes = ({ id }: { id: string }) =>
  query('DELETE FROM auth_recovery_codes WHERE user_id = $1', id);

/** Confirms the identity with a passkey. */
async function confirm({ access_token, authenticator }: PasskeyHolder) {
  const { body } = await service.post('/users/me/reauthenticate/options', undefined, access_token);
  const passkey = authenticator.get(body.passkey_options);
  return { body, answer: await service.post('/users/me/reauthenticate', { passkey }, access_token) };
}

describe('an account whose password was removed', () => {
  it('is signed in to with a passkey only, and its owner is told', async () => {
    const person = await someone();
    const { body: other } = await passkeySignIn(service, person.authenticator);
    const { body: begun } = await login(person);
    expect(await remove(person)).toMatchObject({ status: 204, body: '' });
    const passkey = person.authenticator.get(begun.passkey_options);
    const continued = await service.post('/auth/login/continue', {
      sign_in_token: begun.sign_in_token,
      passkey,
    });
    expectProblem(continued, 401, 'invalid-sign-in');
    expect((await service.get('/users/me', person.access_token)).status).toBe(200);
    expectProblem(await service.get('/users/me', other.access_token), 401, 'invalid-token');

    // As for any wrong password.
    expectProblem(await login(person), 401, 'invalid-credentials');
    expectProblem(await login(person, ''), 401, 'invalid-credentials');
    expect((await passkeySignIn(service, person.authenticator)).status).toBe(200);
    await app.mail('password-removed', person.email);
    const { body } = await service.get('/users/me/events', person.access_token);
    expect(body.items.map(({ type }: { type: string }) => type)).toContain('authn_password_removed');

    // There is nothing left to be removed, or told.
    expect((await remove(person)).status).toBe(204);
    await app.settled();
    expect(app.received('password-removed', person.email)).toHaveLength(1);
  });

  it('takes no password as a proof, and a passkey for all that asks for one', async () => {
    const person = await someone();
    await remove(person);
    const proof = { password };
    expectProblem(
      await service.post('/users/me/reauthenticate', proof, person.access_token),
      401,
      'invalid-proof',
    );
    const current = { current_password: password };
    const deletion = await service.delete('/users/me', person.access_token, current);
    expectProblem(deletion, 401, 'invalid-credentials');
    await age(service, person.id, 301);
    expectProblem(await service.delete('/users/me', person.access_token), 401, 'reauthentication-required');
    const { body, answer } = await confirm(person);
    expect(body.factors).toEqual(['passkey', 'recovery_code']);
    expect(answer.status).toBe(200);
    expect((await service.delete('/users/me', person.access_token)).status).toBe(204);
    expect((await passkeySignIn(service, person.authenticator)).status).not.toBe(200);
  });

  it('gets a password again by a reset, whose link lives as long as any', async () => {
    const person = await someone();
    await remove(person);
    await service.post('/auth/password/forgot', { email: person.email });
    const token = await app.token('reset-password', person.email);
    const [{ minutes }] = await query<{ minutes: number }>(
      `SELECT extract(epoch FROM expires_at - now())::int / 60 AS minutes
         FROM auth_one_time_tokens WHERE user_id = $1 AND purpose = 'reset_password'`,
      person.id,
    );
    expect(minutes).toBeLessThanOrEqual(30);
    expect((await service.post('/auth/password/reset', { token, ...next })).status).toBe(204);
    expectProblem(await service.get('/users/me', person.access_token), 401, 'invalid-token');
    const { status, body } = await login(person, next.new_password);
    expect({ status, type: body.type }).toEqual({ status: 403, type: '/problems/factor-required' });
  });

  it('gets no invitation when an admin activates or restores it', async () => {
    const chief = await newHolder(service, { origin });
    await service.app.get(UsersService, { strict: false }).update(chief.id, { role: 'admin' });
    const person = await someone();
    await remove(person);
    const path = `/admin/users/${person.id}`;
    for (const is_active of [false, true])
      expect((await service.patch(path, { is_active }, chief.access_token)).status).toBe(200);
    expect((await service.delete(path, chief.access_token)).status).toBe(204);
    expect((await service.post(`${path}/restore`, {}, chief.access_token)).status).toBe(200);
    await app.settled();
    expect(app.received('set-password', person.email)).toEqual([]);
    expect((await passkeySignIn(service, person.authenticator)).status).toBe(200);
  });
});

describe('a password', () => {
  it('is removed with two recent factors', async () => {
    const person = await someone();
    const { body: alone } = await passkeySignIn(service, person.authenticator);
    await age(service, person.id, 301);
    for (const { access_token } of [person, alone]) {
      const refused = await remove({ access_token });
      expectProblem(refused, 401, 'reauthentication-required');
      expect(refused.headers.get('www-authenticate')).toContain('acr_values="aal2", max_age="300"');
    }
    // One factor.
    await service.post('/users/me/reauthenticate', { password }, person.access_token);
    expectProblem(await remove(person), 401, 'reauthentication-required');
    const asked = await service.delete('/users/me/password', person.access_token, {
      current_password: password,
    });
    expectProblem(asked, 401, 'reauthentication-required');
    expect((await confirm(person)).answer.status).toBe(200);
    expect((await remove(person)).status).toBe(204);
  });

  it('is kept if it is the only way to sign in', async () => {
    const person = await newHolder(service, { origin });
    const { body: setup } = await service.post('/users/me/factors/totp', {}, person.access_token);
    await earlyInStep();
    const confirmation = { id: setup.id, totp_code: totpCode(setup.secret) };
    await service.post('/users/me/factors/totp/confirm', confirmation, person.access_token);
    const detail = /^The password is your only way to sign in\. Add a passkey/;
    for (const holder of [person, await someone({ verifiesUser: false })]) {
      const refused = await remove(holder);
      expectProblem(refused, 409, 'last-sign-in-method');
      expect(refused.body.detail).toMatch(detail);
      const [{ kept }] = await query(
        'SELECT hashed_password IS NOT NULL AS kept FROM auth_users WHERE id = $1',
        holder.id,
      );
      expect(kept).toBe(true);
    }
    await app.settled();
    expect(app.received('password-removed', person.email)).toEqual([]);
  });

  it('is kept beside one passkey that a lost device takes with it, unless there are recovery codes', async () => {
    const bound = { synced: false };
    const [withCodes, alone, two, synced] = [
      await someone(bound),
      await someone(bound),
      await someone(bound),
      await someone(),
    ];
    await addPasskey(service, { ...two, authenticator: new SoftAuthenticator({ origin, synced: false }) });
    for (const person of [alone, two, synced]) await withoutCodes(person);
    const refused = await remove(alone);
    expectProblem(refused, 409, 'last-sign-in-method');
    expect(refused.body.detail).toBe(
      'Your only passkey is bound to one device. Add a second passkey or create recovery codes first',
    );
    for (const person of [withCodes, two, synced]) expect((await remove(person)).status).toBe(204);
  });

  it('and the last passkey are not both removed, whoever comes first', async () => {
    for (let round = 0; round < 25; round++) {
      const person = await someone();
      const passkey = () => service.delete(`/users/me/passkeys/${person.passkeyId}`, person.access_token);
      const answers = await Promise.all(
        round % 2 ? [remove(person), passkey()] : [passkey(), remove(person)],
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
      const lost = answers.find(({ status }) => status === 409)!;
      expectProblem(lost, 409, 'last-sign-in-method');
      const ways = await query(
        `SELECT (hashed_password IS NOT NULL)::int + (SELECT count(*)::int FROM auth_passkeys WHERE user_id = u.id) AS ways
           FROM auth_users u WHERE id = $1`,
        person.id,
      );
      expect(ways).toEqual([{ ways: 1 }]);
    }
  }, 120_000);
});

describe('a new password', () => {
  it('is set once, for an account without one, with all that a change has', async () => {
    const person = await someone();
    expectProblem(await set(person), 409, 'password-exists');
    await remove(person);
    const { body: other } = await passkeySignIn(service, person.authenticator);
    const answers = await Promise.all(Array.from({ length: 5 }, () => set(person)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409, 409, 409, 409]);
    for (const answer of answers.filter(({ status }) => status !== 204))
      expectProblem(answer, 409, 'password-exists');

    expectProblem(await service.get('/users/me', other.access_token), 401, 'invalid-token');
    expect((await service.get('/users/me', person.access_token)).status).toBe(200);
    await app.mail('password-changed', person.email);
    const { body } = await service.get('/users/me/events', person.access_token);
    expect(body.items).toContainEqual(
      expect.objectContaining({ type: 'authn_password_change', data: { reason: 'change' } }),
    );
    // The passkey is its second factor.
    expect((await login(person, next.new_password)).body.type).toBe('/problems/factor-required');
  });

  it('is judged as everywhere, after a recent sign-in', async () => {
    const person = await someone();
    await remove(person);
    expectInvalid(await set(person, { new_password: 'Password1' }), [
      'body.new_password',
      'password_too_common',
    ]);
    expectInvalid(
      await set(person, { new_password: 'xyz', current_password: password }),
      ['body.current_password', 'extra_forbidden'],
      ['body.new_password', 'password_too_short'],
      ['body.new_password', 'password_needs_upper'],
      ['body.new_password', 'password_needs_digit'],
    );
    expectInvalid(await set(person, {}), ['body.new_password', 'missing']);
    await age(service, person.id, 301);
    expectProblem(await set(person), 401, 'reauthentication-required');
    await confirm(person);
    expect((await set(person)).status).toBe(204);
  });
});

describe('without another way in', () => {
  it('no password is removed, and a missing one can be set', async () => {
    const person = await someone();
    const plain = await TestService.start({
      on: service.database,
      auth: { features: { passkeys: false, providers: false } },
    });
    try {
      expectProblem(await remove(person, plain), 405, 'method-not-allowed');
      const { body } = await plain.get('//openapi.json');
      expect(Object.keys(body.paths['/api/v1/users/me/password']).sort()).toEqual(['post', 'put']);
      expect((await remove(person)).status).toBe(204);
      expect((await set(person, next, plain)).status).toBe(204);
    } finally {
      await plain.stop();
    }
  });
});
