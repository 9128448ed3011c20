import { PasskeyAdded, AccountEvents, UsersService } from '../../src/index.js';
import { CHALLENGE_TTL } from '../../src/auth/factors/passkeys/challenges.js';
import type { Falsify, SoftAuthenticatorOptions } from '../../src/testing/index.js';
import { previousCode } from '../support/authenticator.js';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import { newHolder, passkeySignIn } from '../support/passkey-holder.js';
import { type Answer, TestService } from '../support/test-service.js';

const added: string[] = [];
let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ auth: { secondFactor: { required: ['admin'] } } });
  service.app.get(AccountEvents, { strict: false }).before(PasskeyAdded, ({ userId }) => {
    added.push(userId);
  });
});
afterAll(() => service.stop());

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()) as Record<string, unknown>;
const signIn = ({ username }: { username: string }) =>
  service.post('/auth/login', { username, password: 'Analytical1' });
/** Expects a refusal that names the next step, whose members are looked at where they matter. */
const expectStep = ({ status, body }: Answer, code: 'factor-required' | 'factor-enrolment-required') =>
  expect({ status, type: body.type }).toEqual({ status: 403, type: `/problems/${code}` });
const enrol = (sign_in_token: string, type = 'passkey') =>
  service.post('/auth/login/enrol', { sign_in_token, type });
const proceed = (sign_in_token: string, proof: object) =>
  service.post('/auth/login/continue', { sign_in_token, ...proof });
const failuresOf = async (userId: string) => {
  const [row] = await service.database.query<{ failures: number }>(
    'SELECT failures FROM auth_sign_ins WHERE user_id = $1',
    [userId],
  );
  return row.failures;
};

/** Admin without a factor, whose sign-in asks for one. */
async function newcomer(options: Partial<SoftAuthenticatorOptions> = {}) {
  const holder = await newHolder(service, options);
  await service.app.get(UsersService, { strict: false }).update(holder.id, { role: 'admin' });
  const refused = await signIn(holder);
  expectStep(refused, 'factor-enrolment-required');
  expect(refused.body.enrol).toEqual(['totp', 'passkey']);
  return { ...holder, sign_in_token: refused.body.sign_in_token as string };
}

describe('a passkey that is added while signing in', () => {
  it.each([
    ['with a PIN, and synced', {}, 'swk'],
    ['with a PIN, of one device', { synced: false }, 'hwk'],
    ['that was only touched', { verifiesUser: false, synced: false }, 'hwk'],
  ])('%s finishes the sign-in with two factors', async (_, options, method) => {
    const person = await newcomer(options);
    const { status, body: creation } = await enrol(person.sign_in_token);
    expect(status).toBe(200);
    expect(creation).toMatchObject({
      rp: { id: 'localhost' },
      user: {
        id: Buffer.from(person.id.replaceAll('-', ''), 'hex').toString('base64url'),
        name: person.username,
      },
      timeout: 600_000,
      ...{ attestation: 'none', excludeCredentials: [] },
      authenticatorSelection: { userVerification: 'preferred', residentKey: 'preferred' },
    });
    const new_passkey = person.authenticator.create(creation);
    const { status: done, body } = await proceed(person.sign_in_token, { new_passkey });
    expect(done).toBe(200);
    expect(new Set(body.recovery_codes).size).toBe(10);
    expect(claimsOf(body.access_token)).toMatchObject({ acr: 'aal2', amr: ['pwd', method, 'mfa'] });
    expect(added).toContain(person.id);
    // The sessions that began without it have ended.
    expectProblem(await service.get('/users/me', person.access_token), 401, 'invalid-token');
    expect((await service.get('/users/me/passkeys', body.access_token)).body.total).toBe(1);
    expectProblem(await proceed(person.sign_in_token, { new_passkey }), 401, 'invalid-sign-in');

    const again = await signIn(person);
    expectStep(again, 'factor-required');
    const passkey = person.authenticator.get(again.body.passkey_options);
    expect((await proceed(again.body.sign_in_token, { passkey })).status).toBe(200);
  });

  it('is refused without using up the sign-in, its options or its budget', async () => {
    const person = await newcomer();
    const { body: creation } = await enrol(person.sign_in_token);
    const falsifications: Falsify[] = [
      (parts) => (parts.clientData.origin = 'http://localhost:8001'),
      (parts) => (parts.clientData.crossOrigin = true),
      (parts) => (parts.clientData.type = 'webauthn.get'),
      (parts) => (parts.flags.up = false),
      (parts) => (parts.rpId = 'example.org'),
    ];
    for (const falsify of falsifications) {
      const answer = await proceed(person.sign_in_token, {
        new_passkey: person.authenticator.create(creation, falsify),
      });
      expectInvalid(answer, ['body.new_passkey', 'passkey_invalid']);
    }
    expect(await failuresOf(person.id)).toBe(0);
    const new_passkey = person.authenticator.create(creation);
    expect((await proceed(person.sign_in_token, { new_passkey })).status).toBe(200);
  });

  it('needs options of this sign-in', async () => {
    const [person, other] = [await newcomer(), await newcomer()];
    const { body: foreign } = await enrol(other.sign_in_token);
    const later = await signIn(person);
    const { body: earlier } = await enrol(later.body.sign_in_token);
    const login = await service.post('/auth/passkeys/options');
    for (const challenge of [foreign.challenge, earlier.challenge, login.body.challenge]) {
      const { body: creation } = await enrol(person.sign_in_token);
      const new_passkey = person.authenticator.create({ ...creation, challenge });
      expectProblem(await proceed(person.sign_in_token, { new_passkey }), 400, 'challenge-expired');
    }
    expect(await failuresOf(other.id)).toBe(0);
  });

  it('is not added to an account that has a factor', async () => {
    const person = await newcomer();
    const { body: creation } = await enrol(person.sign_in_token);
    // Another sign-in is faster.
    const rival = await signIn(person);
    const { body: setup } = await enrol(rival.body.sign_in_token, 'totp');
    const { status } = await proceed(rival.body.sign_in_token, {
      totp_code: await previousCode(setup.secret),
    });
    expect(status).toBe(200);
    // It has ended the other one, and the next asks for the app.
    const new_passkey = person.authenticator.create(creation);
    expectProblem(await proceed(person.sign_in_token, { new_passkey }), 401, 'invalid-sign-in');
    const { sign_in_token } = (await signIn(person)).body;
    for (const answer of [await enrol(sign_in_token), await proceed(sign_in_token, { new_passkey })]) {
      expectStep(answer, 'factor-required');
      expect(answer.body).toMatchObject({ sign_in_token, factors: ['totp', 'recovery_code'] });
    }
    expect(await failuresOf(person.id)).toBe(0);
  });

  it('is added once by 20 requests at the same time', async () => {
    const person = await newcomer();
    const { body: creation } = await enrol(person.sign_in_token);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        proceed(person.sign_in_token, { new_passkey: person.authenticator.create(creation) }),
      ),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => ![200, 401, 403].includes(status))).toEqual([]);
    const [{ count }] = await service.database.query<{ count: string }>(
      'SELECT count(*) FROM auth_passkeys WHERE user_id = $1',
      [person.id],
    );
    expect(count).toBe('1');
  });

  it('takes neither two proofs nor nonsense, and keeps the budget', async () => {
    const person = await newcomer();
    const { body: creation } = await enrol(person.sign_in_token);
    const new_passkey = person.authenticator.create(creation);
    for (const proof of [
      {},
      { new_passkey, totp_code: '123456' },
      { new_passkey, passkey: new_passkey },
      { new_passkey: null },
      { new_passkey: 'x' },
      { new_passkey: {} },
      { new_passkey: { ...new_passkey, id: 'x=' } },
    ])
      expectProblem(await proceed(person.sign_in_token, proof), 422, 'invalid-input');
    expectProblem(await enrol(person.sign_in_token, 'email'), 422, 'invalid-input');
    expect(await failuresOf(person.id)).toBe(0);
  });
});

describe('the options of a passkey as second factor', () => {
  it('are valid as long as the sign-in, and are given again when asked for', async () => {
    const person = await newcomer();
    const { body: creation } = await enrol(person.sign_in_token);
    await proceed(person.sign_in_token, { new_passkey: person.authenticator.create(creation) });
    const { sign_in_token, passkey_options, expires_in } = (await signIn(person)).body;
    expect([passkey_options.timeout, expires_in]).toEqual([600_000, 600]);
    const expiry = Buffer.from(passkey_options.challenge, 'base64url').readUInt32BE(12);
    expect(expiry - Date.now() / 1000).toBeGreaterThan(CHALLENGE_TTL);

    const again = await enrol(sign_in_token);
    expectStep(again, 'factor-required');
    expect(again.body.passkey_options).toMatchObject({
      allowCredentials: passkey_options.allowCredentials,
      challenge: expect.not.stringContaining(passkey_options.challenge),
    });
    const passkey = person.authenticator.get(again.body.passkey_options);
    expect((await proceed(sign_in_token, { passkey })).status).toBe(200);
  });

  it('can be used after a signature that was wrong, which counts', async () => {
    const person = await newcomer();
    const { body: creation } = await enrol(person.sign_in_token);
    await proceed(person.sign_in_token, { new_passkey: person.authenticator.create(creation) });
    const { sign_in_token, passkey_options } = (await signIn(person)).body;
    const wrong = person.authenticator.get(passkey_options, (parts) => (parts.rpId = 'example.org'));
    for (const tries of [1, 2, 3, 4]) {
      expectProblem(await proceed(sign_in_token, { passkey: wrong }), 401, 'invalid-proof');
      expect(await failuresOf(person.id)).toBe(tries);
    }
    const passkey = person.authenticator.get(passkey_options);
    expect((await proceed(sign_in_token, { passkey })).status).toBe(200);
    expect((await passkeySignIn(service, person.authenticator)).status).toBe(200);
  });
});

it('is not offered where browsers refuse passkeys', async () => {
  const elsewhere = await TestService.start({
    auth: { secondFactor: { required: 'all' }, features: { passkeys: false }, emailVerification: 'off' },
  });
  try {
    const { username, password } = { username: 'nobody', password: 'Analytical1' };
    await elsewhere.post('/auth/register', { username, email: 'nobody@example.com', password });
    const { body } = await elsewhere.post('/auth/login', { username, password });
    expect(body.enrol).toEqual(['totp']);
    const asked = { sign_in_token: body.sign_in_token, type: 'passkey' };
    expectProblem(await elsewhere.post('/auth/login/enrol', asked), 404, 'not-found');
  } finally {
    await elsewhere.stop();
  }
});
