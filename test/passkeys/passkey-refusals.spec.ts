import fc from 'fast-check';
import { type Falsify, SoftAuthenticator } from '../../src/testing/index.js';
import { cbor } from '../../src/testing/cbor.js';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import { addPasskey, newHolder, type PasskeyHolder, passkeySignIn } from '../support/passkey-holder.js';
import { type Answer, TestService } from '../support/test-service.js';

let service: TestService;
let ada: PasskeyHolder;
beforeAll(async () => {
  // Longer than a challenge is valid.
  service = await TestService.start({ auth: { reauthenticationTtl: 600 } });
  ada = await newHolder(service);
  await addPasskey(service, ada);
});
afterAll(() => service.stop());

const requestOptions = async () => (await service.post('/auth/passkeys/options')).body;
const creationOptions = async ({ access_token }: PasskeyHolder) =>
  (await service.post('/users/me/passkeys/options', undefined, access_token)).body;
const login = (passkey: object, at = service) => at.post('/auth/passkeys/login', { passkey });
const add = ({ access_token }: PasskeyHolder, passkey: object) =>
  service.post('/users/me/passkeys', { passkey }, access_token);

const flipped = (text: string) => {
  const bytes = Buffer.from(text, 'base64url');
  bytes[3] ^= 1;
  return bytes.toString('base64url');
};

/** Falsifications that either ceremony has to notice. */
const falsifications: [string, Falsify][] = [
  ['a page of another port', ({ clientData }) => (clientData.origin = 'http://localhost:8001')],
  ['a page of another host', ({ clientData }) => (clientData.origin = 'https://localhost.example')],
  ['a page without TLS', ({ clientData }) => (clientData.origin = 'http://example.com')],
  ['another domain', (parts) => (parts.rpId = 'example.com')],
  ['a frame of another site', ({ clientData }) => (clientData.crossOrigin = true)],
  ['a frame inside a named site', ({ clientData }) => (clientData.topOrigin = 'https://evil.example')],
  ['another type', ({ clientData }) => (clientData.type = 'payment.get')],
  ['no type', ({ clientData }) => delete clientData.type],
  ['a user who was not there', ({ flags }) => (flags.up = false)],
  ['a backup of what cannot be backed up', ({ flags }) => ((flags.be = false), (flags.bs = true))],
];

describe('a sign-in is refused, without the reason, with', () => {
  const expectRefused = async (answer: Promise<Answer>) => {
    const given = await answer;
    expectProblem(given, 401, 'invalid-passkey');
    expect(given.body.detail).toBe('The passkey was not accepted');
  };

  it.each<[string, Falsify]>([
    ...falsifications,
    ['no challenge', ({ clientData }) => delete clientData.challenge],
    ['a challenge of its own', ({ clientData }) => (clientData.challenge = 'a'.repeat(43))],
    [
      'one bit of the challenge changed',
      ({ clientData }) => (clientData.challenge = flipped(String(clientData.challenge))),
    ],
    [
      'a challenge in another spelling',
      ({ clientData }) => (clientData.challenge = `${String(clientData.challenge)}=`),
    ],
    ['a user who was not verified', ({ flags }) => (flags.uv = false)],
    ['other backup eligibility than before', ({ flags }) => (flags.be = flags.bs = false)],
  ])('%s', (_, falsify) => expectRefused(passkeySignIn(service, ada.authenticator, falsify)));

  it('a registration in its place', async () => {
    const { challenge } = await creationOptions(ada);
    await expectRefused(login(ada.authenticator.get({ ...(await requestOptions()), challenge })));
  });

  it('a wrong signature', async () => {
    const passkey = ada.authenticator.get(await requestOptions());
    passkey.response.signature = flipped(passkey.response.signature);
    await expectRefused(login(passkey));
  });

  it("another user's handle, or none", async () => {
    const passkey = ada.authenticator.get(await requestOptions());
    const { userHandle: _, ...response } = passkey.response;
    await expectRefused(login({ ...passkey, response }));
    await expectRefused(login({ ...passkey, response: { ...response, userHandle: null } }));
    const bob = await newHolder(service);
    const handle = Buffer.from(bob.id.replaceAll('-', ''), 'hex').toString('base64url');
    await expectRefused(login({ ...passkey, response: { ...response, userHandle: handle } }));
    expect((await login(passkey)).status).toBe(200);
  });

  it('options that have expired', async () => {
    const options = await requestOptions();
    const now = Date.now;
    Date.now = () => now() + 301_000;
    try {
      await expectRefused(login(ada.authenticator.get(options)));
    } finally {
      Date.now = now;
    }
    expect((await login(ada.authenticator.get(options))).status).toBe(200);
  });

  it('an account that was deleted', async () => {
    const holder = await newHolder(service);
    await addPasskey(service, holder);
    await service.delete('/users/me', holder.access_token, { current_password: 'Analytical1' });
    await expectRefused(passkeySignIn(service, holder.authenticator));
  });

  it('a counter that did not rise, which is reported', async () => {
    const holder = await newHolder(service, { synced: false });
    await addPasskey(service, holder);
    expect((await passkeySignIn(service, holder.authenticator)).status).toBe(200);
    for (const count of [0, 1]) {
      const falsify: Falsify = (parts) => (parts.signCount = count);
      await expectRefused(passkeySignIn(service, holder.authenticator, falsify));
    }
    const events = await service.get('/users/me/events', holder.access_token);
    const types = events.body.items.map(({ type }: { type: string }) => type);
    expect(types.filter((type: string) => type === 'authn_passkey_clone_suspected')).toHaveLength(2);
    expect((await passkeySignIn(service, holder.authenticator)).status).toBe(200);
  });

  it('a response that was sent twice, which is not reported as a copied passkey', async () => {
    const holder = await newHolder(service, { synced: false });
    await addPasskey(service, holder);
    const passkey = holder.authenticator.get(await requestOptions());
    const answers = await Promise.all([login(passkey), login(passkey), login(passkey)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    await expectRefused(login(passkey));
    const { body } = await service.get('/users/me/events', holder.access_token);
    const types = body.items.map(({ type }: { type: string }) => type);
    expect(types).not.toContain('authn_passkey_clone_suspected');
  });

  it('the same response again: at once, later, on another instance, after a restart', async () => {
    const passkey = ada.authenticator.get(await requestOptions());
    const answers = await Promise.all(Array.from({ length: 20 }, () => login(passkey)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(19).fill(401)]);
    await expectRefused(login(passkey));
    const other = await TestService.start({ on: service.database });
    await expectRefused(login(passkey, other));
    // The challenge of another instance is as good as its own.
    const options = (await other.post('/auth/passkeys/options')).body;
    await other.stop();
    expect((await login(ada.authenticator.get(options))).status).toBe(200);
  });
});

describe('a sign-in', () => {
  it('accepts any counter of a synced passkey', async () => {
    for (const count of [7, 0, 3])
      expect(
        (await passkeySignIn(service, ada.authenticator, (parts) => (parts.signCount = count))).status,
      ).toBe(200);
  });

  it('with an unknown passkey says so', async () => {
    const stranger = await newHolder(service);
    stranger.authenticator.create(await creationOptions(stranger));
    expectProblem(await passkeySignIn(service, stranger.authenticator), 401, 'unknown-passkey');
  });

  it('of a deactivated user says so, but only after a valid signature', async () => {
    const holder = await newHolder(service);
    await addPasskey(service, holder);
    await service.database.query('UPDATE auth_users SET is_active = false WHERE id = $1', [holder.id]);
    expectProblem(await passkeySignIn(service, holder.authenticator), 403, 'inactive-user');
    const wrong = await passkeySignIn(service, holder.authenticator, (parts) => (parts.rpId = 'example.com'));
    expectProblem(wrong, 401, 'invalid-passkey');
  });
});

describe('a new passkey is refused', () => {
  const expectRefused = async (answer: Promise<Answer>) => {
    const given = await answer;
    expectInvalid(given, ['body.passkey', 'passkey_invalid']);
    expect(JSON.stringify(given.body)).not.toMatch(/localhost|origin|curve/);
  };

  it.each(falsifications)('with %s', async (_, falsify) => {
    const options = await creationOptions(ada);
    await expectRefused(add(ada, ada.authenticator.create(options, falsify)));
    // A failure uses no challenge up.
    expect((await add(ada, ada.authenticator.create(options))).status).toBe(201);
    await service.database.query(`DELETE FROM auth_passkeys WHERE user_id = $1 AND last_used_at IS NULL`, [
      ada.id,
    ]);
  });

  const p256 = (x: Buffer, y: Buffer) =>
    new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, x],
      [-3, y],
    ]);
  it.each<[string, Map<number, number | Uint8Array>]>([
    ['not on its curve', p256(Buffer.alloc(32, 1), Buffer.alloc(32, 2))],
    ['cut short', p256(Buffer.alloc(31, 1), Buffer.alloc(32, 2))],
    ['of the point at infinity', p256(Buffer.alloc(32), Buffer.alloc(32))],
    [
      'of another curve',
      new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 8],
        [-2, Buffer.alloc(32, 1)],
        [-3, Buffer.alloc(32, 2)],
      ]),
    ],
    [
      'of Ed25519 that is no point',
      new Map<number, number | Uint8Array>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, Buffer.alloc(32, 2)],
      ]),
    ],
    [
      'of Ed25519 with which anybody can sign',
      new Map<number, number | Uint8Array>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, Buffer.alloc(32)],
      ]),
    ],
    [
      'of Ed25519 of order 8, with which anybody can sign in eight tries',
      new Map<number, number | Uint8Array>([
        [1, 1],
        [3, -8],
        [-1, 6],
        [-2, Buffer.from('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', 'hex')],
      ]),
    ],
    [
      'of RSA with the exponent 1, with which anybody can sign',
      new Map<number, number | Uint8Array>([
        [1, 3],
        [3, -257],
        [-1, Buffer.alloc(256, 0xc5)],
        [-2, Buffer.from([1])],
      ]),
    ],
    [
      'of Ed448',
      new Map<number, number | Uint8Array>([
        [1, 1],
        [3, -8],
        [-1, 7],
        [-2, Buffer.alloc(57, 1)],
      ]),
    ],
    [
      'of an algorithm that was not offered',
      new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -35],
        [-1, 2],
        [-2, Buffer.alloc(48, 1)],
        [-3, Buffer.alloc(48, 2)],
      ]),
    ],
    [
      'of 512 bits of RSA',
      new Map<number, number | Uint8Array>([
        [1, 3],
        [3, -257],
        [-1, Buffer.alloc(64, 0xc5)],
        [-2, Buffer.from([1, 0, 1])],
      ]),
    ],
    ['of nothing', new Map<number, number | Uint8Array>()],
  ])('with a key %s', async (_, key) => {
    const options = await creationOptions(ada);
    await expectRefused(
      add(
        ada,
        ada.authenticator.create(options, (parts) => (parts.key = key)),
      ),
    );
  });

  it('with another id than the authenticator gave it', async () => {
    const passkey = ada.authenticator.create(await creationOptions(ada));
    const id = Buffer.alloc(16, 7).toString('base64url');
    await expectRefused(add(ada, { ...passkey, id, rawId: id }));
  });

  it('with a challenge of another session or purpose, an expired or a used one', async () => {
    const bob = await newHolder(service);
    const eve = await newHolder(service);
    await addPasskey(service, eve);
    const { access_token } = (await passkeySignIn(service, eve.authenticator)).body;
    const ofSignIn = (await requestOptions()).challenge as string;
    const options = await creationOptions(eve);
    const used = eve.authenticator.create(options);
    expect((await add(eve, used)).status).toBe(201);
    const again = eve.authenticator.create(options);
    const expectStale = async (passkey: object) =>
      expectProblem(await add(eve, passkey), 400, 'challenge-expired');
    await expectStale(again);
    await expectStale(eve.authenticator.create({ ...options, challenge: ofSignIn }));
    await expectStale(
      eve.authenticator.create({ ...options, challenge: (await creationOptions(bob)).challenge }),
    );
    await expectStale(
      eve.authenticator.create({
        ...options,
        challenge: (await creationOptions({ ...eve, access_token })).challenge,
      }),
    );
    const late = eve.authenticator.create(await creationOptions(eve));
    const now = Date.now;
    Date.now = () => now() + 301_000;
    try {
      expect((await add(eve, late)).status).toBe(400);
    } finally {
      Date.now = now;
    }
  });

  it('if another user has it: one of two at once gets it', async () => {
    const people = [await newHolder(service), await newHolder(service)];
    const id = Buffer.alloc(16, 9);
    const copies = await Promise.all(
      people.map(async (one) => {
        const passkey = one.authenticator.create(await creationOptions(one));
        const object = Buffer.from(passkey.response.attestationObject, 'base64url');
        const own = Buffer.from(passkey.id, 'base64url');
        id.copy(object, object.indexOf(own));
        const attestationObject = object.toString('base64url');
        const text = id.toString('base64url');
        return { ...passkey, id: text, rawId: text, response: { ...passkey.response, attestationObject } };
      }),
    );
    const answers = await Promise.all(people.map((one, i) => add(one, copies[i])));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expectProblem(
      answers.find(({ status }) => status === 409)!,
      409,
      'passkey-exists',
    );
  });

  it('with an attestation of a stranger: it is ignored, not parsed', async () => {
    const holder = await newHolder(service);
    const passkey = holder.authenticator.create(await creationOptions(holder));
    const object = Buffer.from(passkey.response.attestationObject, 'base64url');
    const authData = object.subarray(object.indexOf('authData') + 'authData'.length + 2);
    const statement = new Map<string, string | Map<string, string>>([
      ['fmt', 'tpm'],
      ['attStmt', new Map([['sig', 'x']])],
    ]);
    const forged = cbor(new Map<string, never>([...statement, ['authData', authData]] as never));
    const response = { ...passkey.response, attestationObject: forged.toString('base64url') };
    expect((await add(holder, { ...passkey, response })).status).toBe(201);
    expect((await passkeySignIn(service, holder.authenticator)).status).toBe(200);
  });
});

describe('malformed input', () => {
  it.each<[string, (text: string) => unknown]>([
    ['padding', (text) => `${text}==`],
    ['other characters', (text) => `${text.slice(1)}+`],
    ['NUL', (text) => `${text}\0`],
    ['a lone surrogate', (text) => `${text}\ud800`],
    ['nothing', () => ''],
    ['null', () => null],
    ['a number', () => 5],
    ['an object', () => ({})],
  ])('with %s is 422 in every field', async (_, spoil) => {
    const get = ada.authenticator.get(await requestOptions());
    const made = ada.authenticator.create(await creationOptions(ada));
    for (const field of ['clientDataJSON', 'authenticatorData', 'signature'] as const)
      expect(
        (await login({ ...get, response: { ...get.response, [field]: spoil(get.response[field]) } })).status,
      ).toBe(422);
    for (const field of ['clientDataJSON', 'attestationObject'] as const)
      expect(
        (await add(ada, { ...made, response: { ...made.response, [field]: spoil(made.response[field]) } }))
          .status,
      ).toBe(422);
    for (const field of ['id', 'rawId', 'type', 'response'] as const)
      expect((await login({ ...get, [field]: spoil('response' === field ? '' : get[field]) })).status).toBe(
        422,
      );
  });

  it('of 200 KiB is 413', async () => {
    expect((await login({ id: 'a'.repeat(200 * 1024) })).status).toBe(413);
  });

  it('of any bytes is refused, never a failure', async () => {
    const get = ada.authenticator.get(await requestOptions());
    const made = ada.authenticator.create(await creationOptions(ada));
    const bytes = fc
      .uint8Array({ minLength: 1, maxLength: 300 })
      .map((some) => Buffer.from(some).toString('base64url'));
    const json = fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text).toString('base64url'));
    const field = fc.constantFrom(
      'clientDataJSON',
      'authenticatorData',
      'signature',
      'attestationObject',
      'userHandle',
    );
    await fc.assert(
      fc.asyncProperty(field, fc.oneof(bytes, json), async (name, value) => {
        const answers = [
          await login({ ...get, response: { ...get.response, [name]: value } }),
          await add(ada, { ...made, response: { ...made.response, [name]: value } }),
        ];
        for (const { status } of answers) expect([200, 201, 400, 401, 409, 422]).toContain(status);
      }),
      { numRuns: 150 },
    );
  });

  it('of one bit changed is refused', async () => {
    const holder = await newHolder(service);
    const made = holder.authenticator.create(await creationOptions(holder));
    const object = Buffer.from(made.response.attestationObject, 'base64url');
    for (let i = 0; i < object.length; i += 3) {
      const changed = Buffer.from(object);
      changed[i] ^= 0x40;
      const response = { ...made.response, attestationObject: changed.toString('base64url') };
      expect([201, 400, 409, 422]).toContain((await add(holder, { ...made, response })).status);
    }
  });
});

it('an authenticator of another origin is of no use', async () => {
  const phisher = new SoftAuthenticator({ origin: 'http://localhost:9999' });
  phisher.passkeys.push(...ada.authenticator.passkeys);
  expectProblem(await passkeySignIn(service, phisher), 401, 'invalid-passkey');
});
