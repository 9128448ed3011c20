import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Authenticated } from '../src/access/authenticated.decorator.js';
import { CurrentUser } from '../src/access/current-user.decorator.js';
import type { TokenHolder } from '../src/access/principal.js';
import { Role } from '../src/settings/role.js';
import { RecentSignIn, TwoFactors } from '../src/access/guards/recent-sign-in.guard.js';
import { Roles } from '../src/access/guards/roles.guard.js';
import { rotateKeys } from '../src/auth/tokens/keys/rotate-keys.js';
import { UsersService } from '../src/users/users.service.js';
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

  @Get('payments')
  @RecentSignIn()
  payments(@CurrentUser() { methods, authenticatedAt, secondFactorAt }: TokenHolder) {
    return { methods, authenticatedAt, secondFactorAt };
  }

  @Get('vault')
  @TwoFactors()
  vault() {
    return 'vault';
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
    const challenge = response.headers.get('www-authenticate');
    return {
      status: response.status,
      ...(challenge && { challenge }),
      body: text.startsWith('{') ? JSON.parse(text) : text,
    };
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

  it('asks for a recent sign-in, and for two factors, by what the token says (RFC 9470)', async () => {
    const { access_token, refresh_token } = await accounts.signIn();
    expect(await call('/payments', access_token)).toMatchObject({
      status: 200,
      body: { methods: ['pwd'], secondFactorAt: null },
    });
    expect(await call('/vault', access_token)).toMatchObject({
      status: 401,
      challenge: 'Bearer error="insufficient_user_authentication", acr_values="aal2"',
    });

    await accounts.database.query(
      `UPDATE auth_sessions SET methods = '{pwd,otp}', second_factor_at = now(), authenticated_at = now() - interval '1 day'`,
    );
    const second = (await accounts.post('/auth/refresh', { refresh_token })).body;
    expect((await call('/vault', second.access_token)).status).toBe(200);
    expect((await call('/payments', second.access_token)).status).toBe(200);

    await accounts.database.query(
      `UPDATE auth_sessions SET second_factor_at = now() - interval '301 seconds', authenticated_at = now()`,
    );
    const old = (await accounts.post('/auth/refresh', { refresh_token: second.refresh_token })).body;
    expect((await call('/vault', old.access_token)).status).toBe(200);
    expect(await call('/payments', old.access_token)).toMatchObject({
      status: 401,
      challenge: 'Bearer error="insufficient_user_authentication", max_age="300"',
    });
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
    const renewed = (await accounts.post('/auth/refresh', { refresh_token })).body;
    expect((await call('/refunds', renewed.access_token)).status).toBe(200);

    await users.update(id, { isActive: false });
    expect(await refusedAfter('/refunds', renewed.access_token, 401)).toBeLessThan(5_000);
    await users.update(id, { isActive: true, role: Role.User });
  });
});
