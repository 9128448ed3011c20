import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRemoteJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import { rotateKeys } from '../src/auth/tokens/keys/rotate-keys.js';
import { eventually } from './support/eventually.js';
import { ada, SECRET_KEY, TestService } from './support/test-service.js';

const newFolder = () => mkdtemp(join(tmpdir(), 'astra-keys-'));
const ttl = { accessTokenTtl: 900 };

describe.each(['EdDSA', 'ES256', 'RS256'] as const)('access tokens signed by %s', (algorithm) => {
  let directory: string;
  let service: TestService;
  let token: string;

  beforeAll(async () => {
    directory = await newFolder();
    await rotateKeys({ directory, algorithm, signAfter: 0, ...ttl });
    service = await TestService.start({ auth: { algorithm, jwtPrivateKeysDir: directory } });
    token = (await service.signUp()).access_token;
  });

  afterAll(async () => {
    await service.stop();
    await rm(directory, { recursive: true });
  });

  it('let their holder in', async () => {
    expect((await service.get('/users/me', token)).status).toBe(200);
  });

  it('are verified by an independent implementation from the JWK set', async () => {
    const keys = createRemoteJWKSet(new URL(`${service.origin}/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: 'astra',
      audience: 'astra',
      typ: 'at+jwt',
    });
    expect(protectedHeader).toEqual({
      alg: algorithm,
      typ: 'at+jwt',
      kid: expect.stringMatching(/^\d{8}T\d{6}Z-/),
    });
    expect(Object.keys(payload).sort()).toEqual([
      'acr',
      'amr',
      'aud',
      'auth_time',
      'client_id',
      'exp',
      'gen',
      'iat',
      'iss',
      'jti',
      'role',
      'sid',
      'sub',
    ]);
    expect(payload.exp! - payload.iat!).toBe(900);
  });

  it('are published for others to keep for minutes, and to ask again by an ETag', async () => {
    const path = '//.well-known/jwks.json';
    const { headers } = await service.get(path);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    const known = headers.get('etag')!;
    expect(await service.request('GET', path, { headers: { 'if-none-match': known } })).toMatchObject({
      status: 304,
      body: '',
    });
    expect((await service.request('GET', path, { headers: { 'if-none-match': '"x"' } })).status).toBe(200);
  });

  it('have nothing of the private key in the JWK set', async () => {
    const { body } = await service.get<JSONWebKeySet>('//.well-known/jwks.json');
    expect(body.keys).toHaveLength(1);
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'])
      expect(body.keys[0]).not.toHaveProperty(member);
  });

  it('cannot be forged by taking the public key for a secret, nor by a key of the forger', async () => {
    const [head, body] = token.split('.');
    const { kid } = decodeProtectedHeader(token);
    const { keys } = (await service.get<JSONWebKeySet>('//.well-known/jwks.json')).body;
    const publicKey = createPublicKey({ key: keys[0], format: 'jwk' });
    const secrets = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(keys[0]),
    ];
    for (const secret of secrets) {
      const data = `${Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid })).toString('base64url')}.${body}`;
      const forged = `${data}.${createHmac('sha256', secret).update(data).digest('base64url')}`;
      expect((await service.get('/users/me', forged)).status).toBe(401);
    }
    const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
    for (const header of [
      { alg: algorithm, typ: 'at+jwt', jwk },
      { alg: algorithm, typ: 'at+jwt', kid: '../../etc/passwd' },
      { alg: 'none', typ: 'at+jwt', kid },
    ]) {
      const forgedHead = Buffer.from(JSON.stringify(header)).toString('base64url');
      expect((await service.get('/users/me', `${forgedHead}.${body}.${token.split('.')[2]}`)).status).toBe(
        401,
      );
    }
    expect((await service.get('/users/me', `${head}.${body}.`)).status).toBe(401);
  });
});

describe('a key that is removed', () => {
  it('lets nobody in any more, not even with a token that was let in before', async () => {
    const directory = await newFolder();
    const pem = () =>
      generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await writeFile(join(directory, 'first.pem'), pem());
    const service = await TestService.start({ auth: { algorithm: 'EdDSA', jwtPrivateKeysDir: directory } });
    try {
      const { access_token } = await service.signUp();
      const me = async () => (await service.get('/users/me', access_token)).status;
      expect(await me()).toBe(200);
      await writeFile(join(directory, 'second.pem'), pem());
      // Somebody else signs in again and again: of too many sessions the oldest would end.
      const grace = { username: 'grace', email: 'grace@example.com', password: 'Analytical1' };
      await service.signUp(grace);
      await eventually(
        async () =>
          expect(decodeProtectedHeader((await service.signIn(grace)).access_token).kid).toBe('second'),
        10_000,
      );
      expect(await me()).toBe(200);
      await rm(join(directory, 'first.pem'));
      await eventually(async () => expect(await me()).toBe(401), 10_000);
    } finally {
      await service.stop();
      await rm(directory, { recursive: true });
    }
  });
});

describe('rotating the keys', () => {
  it('publishes the new one first, signs with it later, and refuses nobody, on any instance, under load', async () => {
    const directory = await newFolder();
    const auth = { algorithm: 'EdDSA', jwtPrivateKeysDir: directory } as const;
    const first = await rotateKeys({ directory, algorithm: 'EdDSA', signAfter: 0, ...ttl });
    const a = await TestService.start({ auth });
    const b = await TestService.start({ auth, on: a.database });
    try {
      await a.signUp();
      const old = (await a.signIn()).access_token;
      let isOver = false;
      const refused: number[] = [];
      const kids = new Set<string>();
      const clients = [a, b].map(async (service) => {
        let { access_token, refresh_token } = await service.signIn();
        while (!isOver) {
          // Tokens of one instance are shown to both.
          for (const { status } of await Promise.all(
            [a, b].map((each) => each.get('/users/me', access_token)),
          )) {
            if (status !== 200) refused.push(status);
          }
          ({ access_token, refresh_token } = (await service.post('/auth/refresh', { refresh_token })).body);
          kids.add(decodeProtectedHeader(access_token).kid!);
          await sleep(20);
        }
      });

      const second = await rotateKeys({ directory, algorithm: 'EdDSA', signAfter: 7, ...ttl });
      const published = async () =>
        (await b.get<JSONWebKeySet>('//.well-known/jwks.json')).body.keys.map(({ kid }) => kid);
      while (Date.now() < second.signsFrom.getTime() - 500) await sleep(100);
      expect(await published()).toEqual([first.kid, second.kid]);
      expect([...kids]).toEqual([first.kid]);

      while (Date.now() < second.signsFrom.getTime() + 500) await sleep(100);
      isOver = true;
      await Promise.all(clients);
      expect([...kids]).toEqual([first.kid, second.kid]);
      expect((await b.get('/users/me', old)).status).toBe(200);
      expect(refused).toEqual([]);
    } finally {
      await b.stop();
      await a.stop();
      await rm(directory, { recursive: true });
    }
  });
});

describe('a new SECRET_KEY', () => {
  it('keeps everyone signed in while the previous one is named, and nobody after that', async () => {
    const before = await TestService.start();
    const signedIn = await before.signUp();
    const secretKey = 'another secret key, also of enough bytes';
    const between = await TestService.start({
      on: before.database,
      auth: { secretKey, previousSecretKeys: [SECRET_KEY] },
    });
    const after = await TestService.start({ on: before.database, auth: { secretKey } });
    try {
      expect((await between.get('/users/me', signedIn.access_token)).status).toBe(200);
      const { status, body } = await between.post('/auth/refresh', { refresh_token: signedIn.refresh_token });
      expect(status).toBe(200);

      expect((await after.get('/users/me', signedIn.access_token)).status).toBe(401);
      expect((await after.get('/users/me', body.access_token)).status).toBe(200);
      expect((await after.post('/auth/refresh', { refresh_token: body.refresh_token })).status).toBe(200);
      expect((await after.post('/auth/refresh', { refresh_token: signedIn.refresh_token })).status).toBe(401);
      expect(await after.signIn(ada)).toBeDefined();
    } finally {
      await after.stop();
      await between.stop();
      await before.stop();
    }
  });

  it('has an empty JWK set: a secret is not published', async () => {
    const service = await TestService.start();
    expect((await service.get('//.well-known/jwks.json')).body).toEqual({ keys: [] });
    await service.stop();
  });
});
