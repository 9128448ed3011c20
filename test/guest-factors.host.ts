import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  astraEntities,
  AstraModule,
  type AstraOptions,
  Authenticated,
  CurrentUser,
  type Principal,
  RecentSignIn,
  TwoFactors,
} from '../src/index.js';
import { asUser, AstraTestKit, totpCode } from '../src/testing/index.js';
import { testServerUrl } from './support/test-database.js';

@Authenticated()
@Controller('vault')
class VaultController {
  @Get('door')
  @TwoFactors()
  open(@CurrentUser() user: Principal) {
    return { methods: user.methods };
  }

  @Get('gold')
  @RecentSignIn({ within: 300, factors: 2 })
  take() {
    return { taken: true };
  }
}

@Module({ controllers: [VaultController] })
class VaultModule {}

const platforms = { fastify: () => new FastifyAdapter(), express: () => new ExpressAdapter() };

describe.each(['fastify', 'express'] as const)('a host on %s that asks for two factors', (platform) => {
  let kit: AstraTestKit;
  let app: INestApplication;

  async function start(options: Partial<AstraOptions>): Promise<void> {
    const imports = [
      TypeOrmModule.forRoot({
        ...{ type: 'postgres', url: kit.databaseUrl, entities: astraEntities },
        ...{ installExtensions: false, retryAttempts: 0 },
      }),
      AstraModule.forRoot({
        ...{ secretKey: 'a secret key for the tests of a host', mail: { mailer: kit.mailbox }, ...options },
      }),
      VaultModule,
    ];
    app = await NestFactory.create({ module: class Host {}, imports }, platforms[platform](), {
      ...{ logger: false, abortOnError: false },
    });
    await app.listen(0, '127.0.0.1');
  }
  async function ask(route: string, headers: object = {}, body?: object) {
    const [method, path] = route.split(' ');
    const response = await fetch((await app.getUrl()) + path, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  }
  const reauthenticate = (headers: object, proof: object) =>
    ask('POST /users/me/reauthenticate', headers, proof);

  beforeAll(async () => {
    kit = await AstraTestKit.start({ postgres: testServerUrl() });
  });
  afterEach(async () => {
    await kit.clock.reset();
    await app.close();
  });
  afterAll(() => kit.stop());

  it('tests its routes with users of one and of two factors', async () => {
    await start({});
    const one = await asUser(app);
    expect(one).not.toHaveProperty('totpSecret');
    expect((await ask('GET /vault/door', one.headers)).status).toBe(401);
    expect(() => totpCode(one)).toThrow('The user has no authenticator app');

    const two = await asUser(app, 'user', { username: 'ada', factors: ['totp'] });
    expect(await ask('GET /vault/door', two.headers)).toEqual({
      status: 200,
      body: { methods: ['pwd', 'otp'] },
    });
    expect((await ask('GET /vault/gold', two.headers)).status).toBe(200);
    const { body } = await ask('GET /users/me/factors', two.headers);
    expect(body).toMatchObject({ items: [{ type: 'totp' }], recovery_codes_left: 10 });
    expect((await kit.mailbox.latest('ada@example.com')).text).toMatch(/authenticator app/i);

    await kit.clock.advance(301);
    expect((await ask('GET /vault/gold', two.headers)).status).toBe(401);
    expect((await ask('GET /vault/door', two.headers)).status).toBe(200);
    expect((await reauthenticate(two.headers, { totp_code: totpCode(two) })).status).toBe(200);
    expect((await ask('GET /vault/gold', two.headers)).status).toBe(200);
    expect((await reauthenticate(two.headers, { recovery_code: two.recoveryCodes![0] })).status).toBe(200);
  });

  it('tests its routes with users who have a passkey', async () => {
    await start({ secondFactor: { required: ['admin'] } });
    const admin = await asUser(app, 'admin', { factors: ['passkey'] });
    expect(admin).not.toHaveProperty('totpSecret');
    expect(admin.recoveryCodes).toHaveLength(10);
    expect(await ask('GET /vault/door', admin.headers)).toEqual({
      status: 200,
      body: { methods: ['swk', 'user'] },
    });
    await kit.clock.advance(301);
    expect((await ask('GET /vault/gold', admin.headers)).status).toBe(401);
    const options = (await ask('POST /users/me/reauthenticate/options', admin.headers)).body;
    const passkey = admin.authenticator!.get(options.passkey_options);
    expect((await reauthenticate(admin.headers, { passkey })).status).toBe(200);
    expect((await ask('GET /vault/gold', admin.headers)).status).toBe(200);

    const login = admin.authenticator!.get((await ask('POST /auth/passkeys/options')).body);
    expect((await ask('POST /auth/passkeys/login', {}, { passkey: login })).status).toBe(200);
    const both = await asUser(app, 'admin', { factors: ['totp', 'passkey'] });
    expect((await ask('GET /users/me/factors', both.headers)).body.items).toHaveLength(2);
    expect(both.recoveryCodes).toHaveLength(10);
    expect((await reauthenticate(both.headers, { totp_code: totpCode(both) })).status).toBe(200);
    await expect(asUser(app, 'user', { factors: ['passkey'], emailVerified: false })).rejects.toThrow(
      /not verified/,
    );
  });

  it('is told that browsers use no passkeys at its address', async () => {
    await start({ publicUrl: 'http://192.0.2.1' });
    await expect(asUser(app, 'user', { factors: ['passkey'] })).rejects.toThrow('publicUrl');
  });

  it('gets users of a role that requires a factor, with all that they need to sign in again', async () => {
    await start({ secondFactor: { required: ['admin'] } });
    const admin = await asUser(app, 'admin', { username: 'root' });
    expect((await ask('GET /vault/door', admin.headers)).status).toBe(200);
    expect(admin.recoveryCodes).toHaveLength(10);
    expect((await ask('GET /admin/users', admin.headers)).body.items).toContainEqual(
      expect.objectContaining({ username: 'root', factors: ['totp'], must_enrol: false }),
    );
    expect(await asUser(app)).not.toHaveProperty('totpSecret');
    await expect(asUser(app, 'admin', { emailVerified: false })).rejects.toThrow(/not verified/);
  });

  it('is given codes that are valid, each once, as many as its clock allows', async () => {
    await start({});
    const user = await asUser(app, 'user', { factors: ['totp'] });
    const used = new Set<string>();
    const take = async () => {
      const code = totpCode(user);
      expect([code, (await reauthenticate(user.headers, { totp_code: code })).status]).toEqual([code, 200]);
      expect((await reauthenticate(user.headers, { totp_code: code })).status).toBe(401);
      used.add(code);
    };
    await take();
    for (let i = 0; i < 4; i++) {
      await kit.clock.advance(30);
      await take();
    }
    // The codes of two steps may be equal by chance, and the service knows them apart by their steps.
    expect(used.size).toBeGreaterThan(1);
    expect(() => Array.from({ length: 3 }, () => totpCode(user))).toThrow('kit.clock.advance(30)');
    await kit.clock.advance(120);
    await take();
  });

  it('is told that it has second factors disabled', async () => {
    await start({ features: { secondFactor: false } });
    await expect(asUser(app, 'user', { factors: ['totp'] })).rejects.toThrow('features.secondFactor');
    await expect(asUser(app)).resolves.toBeDefined();
  });
});
