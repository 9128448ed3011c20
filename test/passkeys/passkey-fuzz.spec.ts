import fc from 'fast-check';
import { addPasskey, newHolder, ORIGIN, type PasskeyHolder } from '../support/passkey-holder.js';
import { type Answer, TestService } from '../support/test-service.js';

let service: TestService;
let holder: PasskeyHolder;
beforeAll(async () => {
  service = await TestService.start({ auth: { reauthenticationTtl: 600 } });
  holder = await newHolder(service);
  await addPasskey(service, holder);
});
afterAll(() => service.stop());

type Json = Record<string, unknown>;

/** Returns a copy with one member replaced, at a path such as `response.signature`. */
function withMember(value: object, path: string, member: unknown): object {
  const [first, ...rest] = path.split('.');
  const inner = (value as Json)[first];
  return {
    ...value,
    [first]: rest.length > 0 ? withMember(inner as object, rest.join('.'), member) : member,
  };
}

/** Expects a refusal that tells neither the reason nor the settings, or an acceptance where nothing that counts was changed. */
function expectCalm({ status, body }: Answer): void {
  expect([200, 201, 400, 401, 409, 413, 422]).toContain(status);
  if (status < 400) return;
  for (const told of [ORIGIN, 'Unexpected', 'CBOR', 'Error'])
    expect(JSON.stringify(body)).not.toContain(told);
}

const bytes = fc
  .uint8Array({ minLength: 1, maxLength: 200 })
  .map((some) => Buffer.from(some).toString('base64url'));
const anything = fc.oneof(
  bytes,
  fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text).toString('base64url')),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.constantFrom(null, '', 0, -1, true, [], {}, '__proto__', '\0', '\ud800', 'a'.repeat(11_999)),
);
const common = ['id', 'rawId', 'type', 'response', 'clientExtensionResults', 'response.clientDataJSON'];

describe('any value is refused in calm', () => {
  it.each([
    ...common,
    ...['response.authenticatorData', 'response.signature', 'response.userHandle', 'authenticatorAttachment'],
  ])('as %s of a signature, wherever one is accepted', async (path) => {
    const { username, access_token } = holder;
    const started = await service.post('/auth/login', { username, password: 'Analytical1' });
    const { sign_in_token, passkey_options } = started.body;
    const login = holder.authenticator.get((await service.post('/auth/passkeys/options')).body);
    const second = holder.authenticator.get(passkey_options);
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        expectCalm(await service.post('/auth/passkeys/login', { passkey: withMember(login, path, value) }));
        const passkey = withMember(second, path, value);
        expectCalm(await service.post('/auth/login/continue', { sign_in_token, passkey }));
        expectCalm(await service.post('/users/me/reauthenticate', { passkey }, access_token));
      }),
      { numRuns: 15 },
    );
  });

  it.each([
    ...common,
    'response.attestationObject',
    'response.transports',
    'clientExtensionResults.credProps',
  ])('as %s of a new passkey', async (path) => {
    const person = await newHolder(service);
    const { body } = await service.post('/users/me/passkeys/options', undefined, person.access_token);
    const made = person.authenticator.create(body);
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        const passkey = withMember(made, path, value);
        expectCalm(await service.post('/users/me/passkeys', { passkey }, person.access_token));
      }),
      { numRuns: 15 },
    );
  });

  it.each<[string, Buffer]>([
    ['nested 8,000 times', Buffer.alloc(8_000, 0x81)],
    ['of maps, nested 8,000 times', Buffer.alloc(8_000, 0xa1)],
    ['of tags', Buffer.alloc(8_000, 0xc1)],
    ['with an array of 2^64 - 1 items', Buffer.from('9bffffffffffffffff', 'hex')],
    ['with a map of 2^32 - 1 entries', Buffer.from('baffffffff', 'hex')],
    ['with a text of 4 GB', Buffer.from('7affffffff', 'hex')],
    ['of indefinite length', Buffer.from('bf63666d74', 'hex')],
  ])('as CBOR %s', async (_, bomb) => {
    const person = await newHolder(service);
    const { body } = await service.post('/users/me/passkeys/options', undefined, person.access_token);
    const made = person.authenticator.create(body);
    const attestation = Buffer.from(made.response.attestationObject, 'base64url');
    // As the whole, and in place of the key.
    const key = attestation.indexOf(Buffer.from('a5010203262001215820', 'hex'));
    for (const object of [bomb, Buffer.concat([attestation.subarray(0, key), bomb])]) {
      const passkey = withMember(made, 'response.attestationObject', object.toString('base64url'));
      const { status, body: refusal } = await service.post(
        '/users/me/passkeys',
        { passkey },
        person.access_token,
      );
      expect([status, refusal.errors]).toMatchObject([422, [{ code: 'passkey_invalid' }]]);
    }
  });
});
