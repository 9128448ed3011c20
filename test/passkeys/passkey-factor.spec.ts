import { SoftAuthenticator } from '../../src/testing/index.js';
import { expectProblem } from '../support/expect-problem.js';
import {
  addPasskey,
  newHolder,
  ORIGIN,
  type PasskeyHolder,
  passkeySignIn,
} from '../support/passkey-holder.js';
import { totpCode } from '../support/authenticator.js';
import { TestService } from '../support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.stop());

const signIn = ({ username }: PasskeyHolder) =>
  service.post('/auth/login', { username, password: 'Analytical1' });
const proceed = (sign_in_token: string, proof: object) =>
  service.post('/auth/login/continue', { sign_in_token, ...proof });
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()) as Record<string, unknown>;

/** User whose only factor is a key that is touched, without a PIN. */
async function keyHolder() {
  const holder = await newHolder(service, { verifiesUser: false, synced: false });
  const options = await service.post('/users/me/passkeys/options', undefined, holder.access_token);
  const passkey = holder.authenticator.create(options.body);
  const { body } = await service.post('/users/me/passkeys', { passkey }, holder.access_token);
  return { ...holder, passkeyId: body.id as string, codes: body.recovery_codes as string[] };
}

describe('the first passkey', () => {
  it('ends the other sessions, hands out recovery codes, and is proven by its session', async () => {
    const holder = await newHolder(service);
    const { body: other } = await signIn(holder);
    const options = await service.post('/users/me/passkeys/options', undefined, holder.access_token);
    const passkey = holder.authenticator.create(options.body);
    const { body } = await service.post('/users/me/passkeys', { passkey }, holder.access_token);
    expect(new Set(body.recovery_codes).size).toBe(10);
    expect((await service.get('/users/me', other.access_token)).status).toBe(401);
    const renewed = await service.post('/auth/refresh', { refresh_token: holder.refresh_token });
    expect(claimsOf(renewed.body.access_token)).toMatchObject({ acr: 'aal2' });

    const second = holder.authenticator.create(
      (await service.post('/users/me/passkeys/options', undefined, holder.access_token)).body,
    );
    const added = await service.post('/users/me/passkeys', { passkey: second }, holder.access_token);
    expect(added.status).toBe(201);
    expect(added.body).not.toHaveProperty('recovery_codes');
  });
});

describe('a password', () => {
  it('is not enough with a passkey, and asks for it', async () => {
    const holder = await keyHolder();
    const answer = await signIn(holder);
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({
      type: '/problems/factor-required',
      sign_in_token: expect.any(String),
      factors: ['passkey', 'recovery_code'],
      passkey_options: {
        challenge: expect.any(String),
        rpId: 'localhost',
        userVerification: 'preferred',
        allowCredentials: [
          { id: holder.authenticator.passkeys[0].id, type: 'public-key', transports: ['usb'] },
        ],
      },
    });
    const { sign_in_token, passkey_options } = answer.body;
    const continued = await proceed(sign_in_token, { passkey: holder.authenticator.get(passkey_options) });
    expect(continued.status).toBe(200);
    expect(claimsOf(continued.body.access_token)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'hwk', 'mfa'] });
  });

  it('continues once with one signature', async () => {
    const holder = await keyHolder();
    const { body } = await signIn(holder);
    const passkey = holder.authenticator.get(body.passkey_options);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => proceed(body.sign_in_token, { passkey })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
  });

  it('takes neither a signature for another sign-in, nor one for a sign-in with a passkey alone, nor a stranger’s', async () => {
    const holder = await keyHolder();
    const stranger = await keyHolder();
    const one = (await signIn(holder)).body;
    const other = (await signIn(holder)).body;
    const login = (await service.post('/auth/passkeys/options')).body;
    const ofStranger = (await signIn(stranger)).body;
    for (const passkey of [
      holder.authenticator.get(other.passkey_options),
      holder.authenticator.get(login),
      stranger.authenticator.get(ofStranger.passkey_options),
      stranger.authenticator.get({ ...one.passkey_options, allowCredentials: undefined }),
    ])
      expectProblem(await proceed(one.sign_in_token, { passkey }), 401, 'invalid-proof');
    const passkey = holder.authenticator.get(one.passkey_options);
    expect((await proceed(one.sign_in_token, { passkey })).status).toBe(200);
  });

  it('and five wrong signatures end the sign-in', async () => {
    const holder = await keyHolder();
    const { sign_in_token, passkey_options } = (await signIn(holder)).body;
    for (let i = 0; i < 5; i++) {
      const passkey = holder.authenticator.get(passkey_options, (parts) => (parts.rpId = 'example.com'));
      expectProblem(await proceed(sign_in_token, { passkey }), 401, 'invalid-proof');
    }
    const passkey = holder.authenticator.get(passkey_options);
    expectProblem(await proceed(sign_in_token, { passkey }), 401, 'invalid-sign-in');
  });

  it('and a recovery code sign in, if the passkey is lost', async () => {
    const holder = await keyHolder();
    const { sign_in_token } = (await signIn(holder)).body;
    expect((await proceed(sign_in_token, { recovery_code: holder.codes[0] })).status).toBe(200);
  });

  it('takes one proof only', async () => {
    const holder = await keyHolder();
    const { sign_in_token, passkey_options } = (await signIn(holder)).body;
    const passkey = holder.authenticator.get(passkey_options);
    for (const proof of [{}, { passkey, totp_code: '123456' }, { passkey: {} }, { passkey: null }])
      expect((await proceed(sign_in_token, proof)).status).toBe(422);
    expect((await proceed(sign_in_token, { passkey })).status).toBe(200);
  });
});

it('a key without a PIN is no way to sign in alone', async () => {
  const holder = await keyHolder();
  expectProblem(await passkeySignIn(service, holder.authenticator), 401, 'invalid-passkey');
});

describe('removing a passkey', () => {
  it('asks for a recent second factor, and a passkey gives it', async () => {
    const holder = await keyHolder();
    await service.database.query(
      `UPDATE auth_sessions SET second_factor_at = now() - interval '301 s' WHERE user_id = $1`,
      [holder.id],
    );
    const instance = await TestService.start({ on: service.database });
    const remove = () => instance.delete(`/users/me/passkeys/${holder.passkeyId}`, holder.access_token);
    const answer = await remove();
    expectProblem(answer, 401, 'reauthentication-required');
    expect(answer.headers.get('www-authenticate')).toContain('acr_values="aal2"');

    const { body } = await instance.post('/users/me/reauthenticate/options', {}, holder.access_token);
    expect(body.factors).toEqual(['password', 'passkey', 'recovery_code']);
    const passkey = holder.authenticator.get(body.passkey_options);
    expect((await instance.post('/users/me/reauthenticate', { passkey }, holder.access_token)).status).toBe(
      200,
    );
    expect((await instance.post('/users/me/reauthenticate', { passkey }, holder.access_token)).status).toBe(
      401,
    );
    expect((await remove()).status).toBe(204);
    await instance.stop();
    // The recovery codes went with the last factor, so the password is enough again.
    expect((await signIn(holder)).status).toBe(200);
  });

  it('leaves the recovery codes, if there is another factor', async () => {
    const holder = await keyHolder();
    await addPasskey(service, { ...holder, authenticator: new SoftAuthenticator({ origin: ORIGIN }) });
    const { access_token } = holder;
    expect((await service.delete(`/users/me/passkeys/${holder.passkeyId}`, access_token)).status).toBe(204);
    expect((await signIn(holder)).body.factors).toEqual(['passkey', 'recovery_code']);
  });
});

it('an authenticator app beside a passkey brings no second set of recovery codes, and ends no session', async () => {
  const holder = await keyHolder();
  const { access_token } = holder;
  const other = (await signIn(holder)).body;
  const session = await proceed(other.sign_in_token, {
    passkey: holder.authenticator.get(other.passkey_options),
  });
  const { id, secret } = (await service.post('/users/me/factors/totp', {}, access_token)).body;
  const confirmation = { id, totp_code: totpCode(secret) };
  const { body } = await service.post('/users/me/factors/totp/confirm', confirmation, access_token);
  expect(body.recovery_codes).toEqual([]);
  expect((await service.get('/users/me', session.body.access_token)).status).toBe(200);
  expect((await signIn(holder)).body.factors).toEqual(['totp', 'passkey', 'recovery_code']);
  expect((await service.delete(`/users/me/factors/${id}`, access_token)).status).toBe(204);
  expect((await signIn(holder)).body.factors).toEqual(['passkey', 'recovery_code']);
});
