import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { TypeOrmModule } from '@nestjs/typeorm';
import passport from 'passport';
import { DataSource } from 'typeorm';
import {
  astraEntities,
  astraMigrations,
  AstraModule,
  type AstraOptions,
  type Features,
  describeAstra,
} from '../src/index.js';
import { eventually } from './support/eventually.js';
import { GuestHost, type HostOptions, type Platform } from './support/guest-host.js';
import { hostMigrations } from './support/guest-host.notes.js';
import { TestDatabase } from './support/test-database.js';
import type { Tokens } from './support/test-service.js';

const platforms: Platform[] = ['fastify', 'express'];
const password = 'Analytical1';

let hosts: GuestHost[] = [];

/** Starts a host for the length of one test. */
async function start(platform: Platform, options?: HostOptions): Promise<GuestHost> {
  const host = await GuestHost.start(platform, options);
  hosts.unshift(host);
  return host;
}

async function statusOf(host: GuestHost, route: string, token: string): Promise<number> {
  return (await host.ask(route, { token })).status;
}

afterEach(async () => {
  for (const host of hosts) await host.stop();
  hosts = [];
});

describe.each(platforms)('two strategies in one process on %s', (platform) => {
  it.each([
    ["the host's first", true, ['jwt', 'astra-jwt']],
    ['ours first', false, ['astra-jwt', 'jwt']],
  ])('take each its own tokens only, registered %s', async (_, hostFirst, order) => {
    for (const name of order) passport.unuse(name);
    const host = await start(platform, { hostFirst });
    const registry = Object.keys(Reflect.get(passport, '_strategies') as object);
    expect(registry.filter((name) => order.includes(name))).toEqual(order);

    const { access_token: ours } = await host.signUp('ada');
    const theirs = host.hostToken();
    expect(await statusOf(host, 'GET /users/me', ours)).toBe(200);
    expect(await statusOf(host, 'GET /users/me', theirs)).toBe(401);
    expect(await statusOf(host, 'GET /diary', ours)).toBe(200);
    expect(await statusOf(host, 'GET /diary', theirs)).toBe(401);
    expect(await statusOf(host, 'GET /notes/host', ours)).toBe(401);
    expect(await statusOf(host, 'GET /notes/host', theirs)).toBe(200);
  });
});

describe('the OpenAPI document of a host', () => {
  const document = (host: GuestHost) =>
    describeAstra(host.app, SwaggerModule.createDocument(host.app, new DocumentBuilder().build()));

  it('promises what its options let happen, and nothing else', async () => {
    const secretKey = 'a secret key that the host has configured';
    const strict = await start('fastify', {
      auth: { secretKey, registrationPrivacy: 'strict', refreshCookie: {} },
    });
    const open = await start('express', { auth: { secretKey }, on: strict.database });
    const statuses = (host: GuestHost) =>
      Object.keys(document(host).paths['/backend/v2/auth/register'].post!.responses);
    const typesOf = (host: GuestHost) => {
      const { 409: conflict } = document(host).paths['/backend/v2/auth/register'].post!.responses;
      return Object.keys((conflict as any).content['application/problem+json'].examples);
    };
    expect(statuses(strict)).toContain('202');
    expect(statuses(strict)).not.toContain('201');
    expect(typesOf(strict)).toEqual(['username-taken']);
    expect(statuses(open)).toContain('201');
    expect(statuses(open)).not.toContain('202');
    expect(typesOf(open)).toEqual(['username-taken', 'email-taken']);

    const answer = (host: GuestHost) =>
      (document(host).paths['/backend/v2/auth/refresh'].post!.responses['200'] as any).content[
        'application/json'
      ];
    expect(answer(strict).schema.anyOf).toHaveLength(2);
    expect(document(strict).components?.schemas?.AstraTokenBesideCookie).toMatchObject({
      required: ['access_token', 'token_type', 'expires_in'],
    });
    expect(answer(open).schema).toEqual({ $ref: '#/components/schemas/AstraToken' });

    const person = { username: 'ada', email: 'ada@example.com', password };
    expect((await strict.ask('POST /auth/register', { body: person })).status).toBe(202);
    const other = { ...person, username: 'grace' };
    expect((await open.ask('POST /auth/register', { body: other })).status).toBe(201);
    expect((await strict.ask('POST /auth/register', { body: { ...other, username: 'alan' } })).status).toBe(
      202,
    );
  });
});

describe('two hosts in one process', () => {
  it("share accounts where they share a database, and do not take each other's tokens", async () => {
    const one = await start('fastify', { auth: { secretKey: 'the secret key of the first of two hosts' } });
    const other = await start('express', {
      auth: { secretKey: 'the secret key of the second of two hosts' },
      on: one.database,
    });
    const ofOne = await one.signUp('ada');
    const login = { body: { username: 'ada', password } };
    const ofOther = (await other.ask<Tokens>('POST /auth/login', login)).body;

    for (const route of ['GET /users/me', 'GET /diary']) {
      expect(await statusOf(one, route, ofOne.access_token)).toBe(200);
      expect(await statusOf(other, route, ofOther.access_token)).toBe(200);
      expect(await statusOf(one, route, ofOther.access_token)).toBe(401);
      expect(await statusOf(other, route, ofOne.access_token)).toBe(401);
    }
    const refresh = { body: { refresh_token: ofOne.refresh_token } };
    expect((await other.ask('POST /auth/refresh', refresh)).status).toBe(401);
    expect((await one.ask('POST /auth/refresh', refresh)).status).toBe(200);
  });
});

describe.each(platforms)('a host on %s', (platform) => {
  it("is obeyed where its guard closes Astra's routes as well, and the refusal is a problem document", async () => {
    const host = await start(platform, { sparesAstra: false });
    const login = { body: { username: 'nobody', password } };
    const refused = await host.ask('POST /auth/login', login);
    expect(refused).toMatchObject({ status: 401, body: { type: '/problems/refused' } });
    const passed = await host.ask('POST /auth/login', { ...login, token: host.hostToken() });
    expect(passed).toMatchObject({ status: 401, body: { type: '/problems/invalid-credentials' } });
  });

  it('can mount Astra below a path with a parameter of its own', async () => {
    const host = await start(platform, { mount: 'tenants/:tenant' });
    const account = { username: 'ada', email: 'ada@example.com', password };
    expect((await host.ask('POST /auth/register', { body: account })).status).toBe(404);
    expect((await host.ask('POST /tenants/one/auth/register', { body: account })).status).toBe(201);

    const login = { body: { username: 'ada', password } };
    const { access_token: token } = (await host.ask<Tokens>('POST /tenants/one/auth/login', login)).body;
    expect((await host.ask('GET /tenants/one/users/me', { token })).body.username).toBe('ada');
    const end = (id: string) => host.ask(`DELETE /tenants/one/users/me/sessions/${id}`, { token });
    expect((await end('x')).body.errors).toMatchObject([{ loc: ['path', 'id'] }]);
    expect((await end('01a20471-1b80-7789-b4c8-5bb58aed02fd')).status).toBe(404);
  });

  it('can tell a token that is refused from a database that is away', async () => {
    const host = await start(platform);
    const { access_token: token } = await host.signUp('ada');
    await host.get(DataSource).destroy();

    const onOurs = await host.ask('GET /users/me', { token });
    expect(onOurs).toMatchObject({ status: 503, body: { type: '/problems/unavailable' } });
    const onTheirs = await host.ask('GET /diary', { token });
    expect(onTheirs).toMatchObject({ status: 503, body: { host: true, status: 503 } });
    expect(onTheirs.headers.get('retry-after')).toBe('1');
  });

  it('closes its DataSource itself, and Astra what Astra has opened', async () => {
    const host = await GuestHost.start(platform);
    const db = host.get(DataSource);
    const connections = () =>
      host.database.query<{ application_name: string }>(
        `SELECT application_name FROM pg_stat_activity
          WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      );
    let destroyed = 0;
    const destroy = db.destroy.bind(db);
    db.destroy = () => {
      destroyed++;
      return destroy();
    };
    try {
      await host.signUp('ada');
      const open = (await connections()).map(({ application_name }) => application_name);
      expect(open).toContain('astra-changes');
      expect(open.length).toBeGreaterThan(1);
    } finally {
      await host.app.close();
    }
    expect(destroyed).toBe(1);
    // A server process outlives its connection by a moment.
    await eventually(async () => expect(await connections()).toEqual([]));
    await host.database.drop();
  });
});

describe('the migrations', () => {
  const astra = [...astraMigrations];
  const [createUsers] = astra;
  let database: TestDatabase;

  /** Does something with the DataSource of a host that has some version of Astra. */
  async function migrate<T>(migrations: Function[], work: (db: DataSource) => Promise<T>): Promise<T> {
    const { connection } = database;
    const db = new DataSource({ type: 'postgres', ...connection, migrations, installExtensions: false });
    await db.initialize();
    try {
      return await work(db);
    } finally {
      await db.destroy();
    }
  }
  const tables = async () => {
    const rows = await database.query<{ tablename: string }>(
      `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations'`,
    );
    return rows.map(({ tablename }) => tablename);
  };

  beforeAll(async () => {
    database = await TestDatabase.create('template0');
  });
  afterAll(() => database.drop());

  it("of a newer Astra run although the host's own, already there, are younger", async () => {
    await migrate([createUsers, ...hostMigrations], (db) => db.runMigrations());
    const added = await migrate([...hostMigrations, ...astra], (db) => db.runMigrations());
    expect(added.map(({ name }) => name)).toEqual(astra.slice(1).map(({ name }) => name));
    expect(await tables()).toEqual(
      expect.arrayContaining(['labels', 'notes', 'auth_users', 'auth_sessions']),
    );
  });

  it("can be taken back, together with the host's own", async () => {
    await migrate([...hostMigrations, ...astra], async (db) => {
      for (let i = 0; i < hostMigrations.length + astra.length; i++) await db.undoLastMigration();
    });
    expect(await tables()).toEqual([]);
  });
});

@Module({})
class BareHost {}

describe('the options', () => {
  const secretKey = 'a secret key with as many bytes as needed';

  it.each<[keyof AstraOptions, object]>([
    ['secretKey', { secretKey: 'too short' }],
    ['secretKey', { secretKey: 1234567890123456 }],
    ['secretKey', {}],
    ['accessTokenTtl', { secretKey, accessTokenTtl: '900 s' }],
    ['accessTokenTtl', { secretKey, accessTokenTtl: 0.5 }],
    ['sessionIdleTtl', { secretKey, sessionMaxTtl: 3600, sessionIdleTtl: 7200 }],
    ['refreshReuseGrace', { secretKey, refreshReuseGrace: 31 }],
    ['reauthenticationTtl', { secretKey, reauthenticationTtl: 59 }],
    ['sessionsPerUser', { secretKey, sessionsPerUser: -7 }],
    ['passwordHash', { secretKey, passwordHash: 'md5-of-old' }],
    ['passwordPolicy', { secretKey, passwordPolicy: 'none-at-all' }],
    ['issuer', { secretKey, issuer: 0xbad_155 }],
    ['audience', { secretKey, audience: [77] }],
  ])('stop the start where %s is wrong, by its name and without its value: %j', async (name, options) => {
    const start = NestFactory.createApplicationContext(
      { module: BareHost, imports: [unconnected(), AstraModule.forRoot(options as AstraOptions)] },
      { logger: false, abortOnError: false },
    );
    const error = await start.then(
      () => undefined,
      (error: Error) => error,
    );
    expect(error?.message).toMatch(new RegExp(`^${name} must `));
    const value = String((options as Record<string, unknown>)[name]);
    expect(error?.message).not.toContain(value);
  });
});

it('refuses what a factory says of features, which Nest had to know before', async () => {
  const astra = AstraModule.forRootAsync({
    useFactory: (): AstraOptions => ({ secretKey: 'x'.repeat(32), features: { mail: false } }),
  });
  const start = NestFactory.createApplicationContext(
    { module: BareHost, imports: [unconnected(), astra] },
    { logger: false, abortOnError: false },
  );
  await expect(start).rejects.toThrow('features must be set next to useFactory, not in its options');
});

it('refuses modules that cannot work together, before the start', () => {
  const secretKey = 'x'.repeat(32);
  expect(() => AstraModule.forRoot({ secretKey, dataSource: '' })).toThrow('dataSource must be the name');
  const withFeatures = (features: Features) => () => AstraModule.forRoot({ secretKey, features });
  expect(withFeatures({ mail: false, pages: true })).toThrow('features.pages requires features.mail');
  for (const apiPath of ['api', '/api/', '/a b', '//host'])
    expect(withFeatures({ pages: { apiPath } })).toThrow('features.pages.apiPath must begin with a slash');
});

/** The host's DataSource, not connected: these starts end before it is needed. */
function unconnected() {
  return TypeOrmModule.forRoot({ type: 'postgres', entities: astraEntities, manualInitialization: true });
}
