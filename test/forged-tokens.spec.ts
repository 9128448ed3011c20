import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expectProblem } from './support/expect-problem.js';
import { decode, encode, forge, type Jwt } from './support/forge.js';
import { TestService, type Tokens } from './support/test-service.js';

let service: TestService;
let genuine: Tokens;
beforeAll(async () => {
  service = await TestService.start();
  genuine = await service.signUp();
});
afterAll(() => service.stop());

const me = (token: string) => service.get('/users/me', token);

async function expectRefused(token: string): Promise<void> {
  const answer = await me(token);
  expectProblem(answer, 401, 'invalid-token');
  expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
}

const now = () => Math.floor(Date.now() / 1000);

describe('an access token', () => {
  it('that is signed as the service signs is let in, so that the forgeries below differ in one thing only', async () => {
    const { header, claims } = decode(genuine.access_token);
    expect(await me(forge({ header, claims: { ...claims, jti: 'another' } }))).toMatchObject({ status: 200 });
  });

  it.each<[string, Record<string, unknown>]>([
    ['expired', { exp: now() - 1 }],
    ['without an expiry', { exp: undefined }],
    ['whose expiry is no number', { exp: String(now() + 900) }],
    ['without a time of issue', { iat: undefined }],
    ['issued in the future', { iat: now() + 120 }],
    ['that is not good yet', { nbf: now() + 120 }],
    ['whose beginning is no number', { nbf: String(now()) }],
    ['without a client', { client_id: undefined }],
    ['of a foreign issuer', { iss: 'https://issuer.example' }],
    ['without an issuer', { iss: undefined }],
    ['for a foreign audience', { aud: 'another-service' }],
    ['for several audiences', { aud: ['astra', 'another-service'] }],
    ['without an audience', { aud: undefined }],
    ['without a session', { sid: undefined }],
    ['whose session is no id', { sid: `' OR true --` }],
    ['of a session that there never was', { sid: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11' }],
    ['without a user', { sub: undefined }],
    ["of another user's session", { sub: '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11' }],
    ['of the original, which names the user', { sub: 'ada', type: 'access', sid: undefined }],
    ['without an id', { jti: undefined }],
    ['whose generation is no count', { gen: -1 }],
  ])('%s is refused', async (_, changes) => {
    const { header, claims } = decode(genuine.access_token);
    await expectRefused(forge({ header, claims: { ...claims, ...changes } }));
  });

  it.each<[string, Record<string, unknown>]>([
    ['of another type', { typ: 'JWT' }],
    ['without a type', { typ: undefined }],
    ['with an unknown key', { kid: 'another' }],
    ['without a key', { kid: undefined }],
    ['with a key that is a path', { kid: '../../../dev/null' }],
    ['with a critical extension', { crit: ['exp'] }],
    ['with an unencoded payload', { crit: ['b64'], b64: false }],
    ['of no algorithm', { alg: undefined }],
    ['of an algorithm in other case', { alg: 'hs256' }],
    ['of an algorithm that is no text', { alg: ['HS256'] }],
  ])('%s is refused', async (_, changes) => {
    const { header, claims } = decode(genuine.access_token);
    await expectRefused(forge({ header: { ...header, ...changes }, claims }));
  });

  it.each([
    ['HS384', 'sha384'],
    ['HS512', 'sha512'],
  ])('signed with %s under the right key is refused', async (alg, hash) => {
    const { header, claims } = decode(genuine.access_token);
    await expectRefused(forge({ header: { ...header, alg }, claims }, { hash }));
  });

  it.each(['', 'secret', 'another secret key for tests, of enough bytes'])(
    'signed with the key %j is refused',
    async (key) => {
      await expectRefused(forge(decode(genuine.access_token), { key }));
    },
  );

  it.each(['none', 'None', 'nOnE'])('of algorithm %s is refused, signed or not', async (alg) => {
    const { header, claims } = decode(genuine.access_token);
    const unsigned = [{ ...header, alg }, claims].map((part) => encode(JSON.stringify(part))).join('.');
    const [, , signature] = genuine.access_token.split('.');
    for (const token of [unsigned, `${unsigned}.`, `${unsigned}.${signature}`]) await expectRefused(token);
  });

  it('that brings its own key is refused', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { header, claims } = decode(genuine.access_token);
    const own: Jwt = {
      header: { ...header, alg: 'ES256', jwk: publicKey.export({ format: 'jwk' }) },
      claims,
    };
    const signed = [own.header, own.claims].map((part) => encode(JSON.stringify(part))).join('.');
    const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    await expectRefused(`${signed}.${signature.toString('base64url')}`);
  });

  it.each(['jku', 'x5u'])(
    'that says by %s where its key is, is refused without asking there',
    async (field) => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      let asked = 0;
      const forger = createServer((_, response) => {
        asked++;
        response.end(JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'own' }] }));
      });
      await new Promise<void>((resolve) => forger.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(forger.address() as AddressInfo).port}/keys`;
      try {
        const { header, claims } = decode(genuine.access_token);
        for (const kid of ['own', header.kid]) {
          const own = { ...header, alg: 'ES256', kid, [field]: url };
          const signed = [own, claims].map((part) => encode(JSON.stringify(part))).join('.');
          const signature = sign('sha256', Buffer.from(signed), {
            key: privateKey,
            dsaEncoding: 'ieee-p1363',
          });
          await expectRefused(`${signed}.${signature.toString('base64url')}`);
        }
        expect(asked).toBe(0);
      } finally {
        forger.close();
      }
    },
  );

  it.each<[string, (parts: string[], jwt: Jwt) => string[]]>([
    [
      'whose role was raised',
      ([h, , s], { claims }) => [h, encode(JSON.stringify({ ...claims, role: 'admin' })), s],
    ],
    [
      'whose life was prolonged',
      ([h, , s], { claims }) => [h, encode(JSON.stringify({ ...claims, exp: 4e9 })), s],
    ],
    ['without its signature', ([h, c]) => [h, c, '']],
    ['with part of its signature', ([h, c, s]) => [h, c, s.slice(0, -1)]],
    ['with another spelling of its signature', ([h, c, s]) => [h, c, `${s}=`]],
    ['with a fourth part', (parts) => [...parts, 'x']],
    ['of two parts', ([h, c]) => [h, c]],
    ['whose claims are no JSON', ([h, , s]) => [h, encode('{'), s]],
    ['whose header is no JSON', ([, c, s]) => ['~', c, s]],
    ['whose header is a list', ([, c, s]) => [encode('[]'), c, s]],
    ['of dots', () => ['', '', '']],
    ['of one word', () => ['token']],
  ])('%s is refused', async (_, tamper) => {
    const tampered = tamper(genuine.access_token.split('.'), decode(genuine.access_token));
    await expectRefused(tampered.join('.'));
  });

  it('whose claims are no object is refused, though it is signed', async () => {
    const { header } = decode(genuine.access_token);
    for (const claims of [null, [], 'ada', 17]) {
      await expectRefused(forge({ header, claims: claims as unknown as Jwt['claims'] }));
    }
  });

  it('is not a refresh token', async () => {
    await expectRefused(genuine.refresh_token);
  });

  it('gives no role: that is the one in the database', async () => {
    const { header, claims } = decode(genuine.access_token);
    const raised = forge({ header, claims: { ...claims, role: 'admin' } });
    expect(await me(raised)).toMatchObject({ status: 200, body: { role: 'user' } });
    expectProblem(await service.get('/users/admin-dashboard', raised), 403, 'insufficient-role');
  });

  it('ends when its time has come, also after it was let in', async () => {
    const { header, claims } = decode(genuine.access_token);
    const short = forge({ header, claims: { ...claims, exp: Date.now() / 1000 + 0.5 } });
    expect((await me(short)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 600));
    await expectRefused(short);
  });
});
