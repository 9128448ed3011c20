import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Authenticated } from '../src/access/authenticated.decorator.js';
import { CurrentUser } from '../src/access/current-user.decorator.js';
import type { TokenHolder } from '../src/access/principal.js';
import { Role } from '../src/access/role.js';
import { Roles } from '../src/access/roles.guard.js';
import { rotateKeys } from '../src/auth/tokens/rotate-keys.js';
import { UsersService } from '../src/users/users.service.js';
import { TokenVerifier, VerifierUnavailableError } from '../src/verifier/token-verifier.js';
import { AstraVerifierModule } from '../src/verifier/verifier.module.js';
import { TestService } from './support/test-service.js';

@Authenticated()
@Controller()
class OrdersController {
  @Get('orders')
  orders(@CurrentUser() { userId, role }: TokenHolder) {
    return { userId, role };
  }

  @Get('refunds')
  @Roles(Role.Moderator)
  refunds() {
    return 'refunds';
  }
}

describe('a service without access to the accounts', () => {
  let directory: string;
  let accounts: TestService;
  let app: INestApplication;
  let origin: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'astra-keys-'));
    await rotateKeys({ directory, algorithm: 'EdDSA', signAfter: 0, accessTokenTtl: 900 });
    accounts = await TestService.start({ auth: { algorithm: 'EdDSA', jwtPrivateKeysDir: directory } });
    await accounts.signUp();

    @Module({
      imports: [AstraVerifierModule.forRoot({ url: accounts.origin })],
      controllers: [OrdersController],
    })
    class OrdersModule {}
    app = await NestFactory.create(OrdersModule, new FastifyAdapter(), { logger: ['error'] });
    await app.listen(0, '127.0.0.1');
    origin = await app.getUrl();
  });

  afterAll(async () => {
    await app.close();
    await accounts.stop();
    await rm(directory, { recursive: true });
  });

  const call = async (path: string, token?: string) => {
    const response = await fetch(origin + path, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };

  const refusedAfter = async (path: string, token: string, status: number) => {
    const from = performance.now();
    while ((await call(path, token)).status !== status) {
      if (performance.now() - from > 10_000) return Infinity;
      await sleep(50);
    }
    return performance.now() - from;
  };

  it('lets in who holds an access token, and knows who it is', async () => {
    const { access_token } = await accounts.signIn();
    const { body: me } = await accounts.get('/users/me', access_token);
    expect(await call('/orders', access_token)).toEqual({
      status: 200,
      body: { userId: me.id, role: 'user' },
    });
    expect((await call('/refunds', access_token)).status).toBe(403);
    expect((await call('/orders')).status).toBe(401);
    expect((await call('/orders', 'no.such.token')).status).toBe(401);
    expect((await call('/orders', `${access_token} x`)).status).toBe(401);
  });

  it('refuses the token of an ended session within five seconds, without asking for each request', async () => {
    const { access_token } = await accounts.signIn();
    expect((await call('/orders', access_token)).status).toBe(200);
    await accounts.post('/auth/logout', undefined, access_token);
    expect(await refusedAfter('/orders', access_token, 401)).toBeLessThan(5_000);
  });

  it('refuses tokens that tell an old role or of a deactivated user, until they are refreshed', async () => {
    const users = accounts.app.get(UsersService, { strict: false });
    const { access_token, refresh_token } = await accounts.signIn();
    const { id } = (await accounts.get('/users/me', access_token)).body;
    expect((await call('/orders', access_token)).status).toBe(200);

    await users.update(id, { role: Role.Moderator });
    expect(await refusedAfter('/orders', access_token, 401)).toBeLessThan(5_000);
    // A token has whole seconds, so one of the second of the change would be refused as well.
    await sleep(1_000);
    const renewed = (await accounts.post('/auth/refresh', { refresh_token })).body;
    expect((await call('/refunds', renewed.access_token)).status).toBe(200);

    await users.update(id, { isActive: false });
    expect(await refusedAfter('/refunds', renewed.access_token, 401)).toBeLessThan(5_000);
    await users.update(id, { isActive: true, role: Role.User });
  });
});

describe('the revocation feed', () => {
  it('answers 304 while nothing has changed, and names only what came since the cursor', async () => {
    const service = await TestService.start();
    try {
      await service.signUp();
      const first = await service.get('//.well-known/revocations');
      expect(first).toMatchObject({
        status: 200,
        body: { sessions: [], users: [], cursor: expect.stringMatching(/^\d+$/) },
      });
      const etag = first.headers.get('etag')!;
      expect(
        (await service.request('GET', '//.well-known/revocations', { headers: { 'if-none-match': etag } }))
          .status,
      ).toBe(304);

      const { access_token } = await service.signIn();
      await service.post('/auth/logout', undefined, access_token);
      await sleep(600);
      const next = await service.request('GET', '//.well-known/revocations', {
        headers: { 'if-none-match': etag },
      });
      expect(next.status).toBe(200);
      expect(next.body.sessions).toHaveLength(1);
      await service.database.query(`UPDATE auth_sessions SET ended_at = now() - interval '1 hour'`);
      await sleep(600);
      expect((await service.get('//.well-known/revocations')).body.sessions).toEqual([]);
      expect((await service.get('//.well-known/revocations?cursor=x')).status).toBe(422);
    } finally {
      await service.stop();
    }
  });
});

describe('TokenVerifier', () => {
  let issuer: Server;
  let isDown = false;
  let requests = 0;

  beforeAll(async () => {
    issuer = createServer((request, response) => {
      requests++;
      if (isDown) {
        response.writeHead(503).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(request.url?.includes('jwks') ? '{"keys":[]}' : '{"sessions":[],"users":[],"cursor":"1"}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => issuer.once('listening', resolve));
  });

  afterAll(() => new Promise((resolve) => issuer.close(resolve)));

  it('says that it cannot know while the feed was silent for too long, and goes on when it is back', async () => {
    const notices: string[] = [];
    const url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/`;
    const verifier = new TokenVerifier({
      url,
      pollEvery: 50,
      maxSilence: 200,
      notice: (notice) => notices.push(notice),
    });
    try {
      await sleep(100);
      expect(await verifier.verify('a.b.c')).toBeNull();
      isDown = true;
      await sleep(400);
      await expect(verifier.verify('a.b.c')).rejects.toThrow(VerifierUnavailableError);
      isDown = false;
      await sleep(200);
      expect(await verifier.verify('a.b.c')).toBeNull();
      expect(notices).toEqual(['Revocations cannot be read at the moment', 'Revocations are heard again']);
    } finally {
      await verifier.stop();
    }
    const asked = requests;
    await sleep(150);
    expect(requests).toBe(asked);
  });

  it('asks for keys at most once a second, whatever tokens name', async () => {
    const url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
    const verifier = new TokenVerifier({ url, pollEvery: 60_000 });
    const head = (kid: string) =>
      Buffer.from(JSON.stringify({ alg: 'EdDSA', typ: 'at+jwt', kid })).toString('base64url');
    const before = requests;
    for (let i = 0; i < 20; i++) expect(await verifier.verify(`${head(`key ${i}`)}.e30.AA`)).toBeNull();
    expect(requests - before).toBeLessThanOrEqual(3);
    await verifier.stop();
  });
});
