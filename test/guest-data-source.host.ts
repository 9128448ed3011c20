import { Body, Controller, type DynamicModule, Injectable, Module, Post } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { Length } from 'class-validator';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import {
  AccountEvents,
  astraDataSource,
  AstraModule,
  type Client,
  FromClient,
  InvalidInputError,
  PasswordChangeService,
  RegistrationService,
  User,
  UserRegistered,
  UsersModule,
  UsersService,
} from '../src/index.js';
import { GuestHost } from './support/guest-host.js';
import type { TestDatabase } from './support/test-database.js';
import type { Tokens } from './support/test-service.js';

const password = 'Analytical1';

class CreateWallets1795340000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`CREATE TABLE wallets (owner_id uuid PRIMARY KEY, money integer NOT NULL)`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE wallets');
  }
}

/** It works on the DataSource of the host, and takes part in transactions on that of the accounts. */
@Injectable()
class Wallets {
  constructor(
    readonly db: DataSource,
    readonly users: UsersService,
    events: AccountEvents,
  ) {
    events.before(UserRegistered, ({ userId }, tx) =>
      tx.query('INSERT INTO public.wallets VALUES ($1, 10)', [userId]),
    );
  }
}

@Module({ imports: [UsersModule.on('accounts')], providers: [Wallets] })
class WalletsModule {}

class JoinDto {
  @Length(3, 10)
  name: string;
}

/** Makes accounts in the host's own way, since the route of Astra is off. */
@Controller('join')
class JoinController {
  constructor(private readonly registration: RegistrationService) {}

  @Post()
  async join(@Body() { name }: JoinDto, @FromClient() client: Client) {
    const email = `${name}@example.com`;
    return { id: (await this.registration.register({ username: name, email, password }, client))?.id };
  }
}

@Module({})
class SmallHost {
  static on({ connection }: TestDatabase): DynamicModule {
    const astra = AstraModule.forRootAsync({
      dataSource: 'accounts',
      features: {
        registration: false,
        mail: false,
        roleDemo: false,
        discovery: false,
        secondFactor: false,
        passkeys: false,
        providers: false,
        apiKeys: false,
      },
      useFactory: () => ({ secretKey: 'a secret key that the small host has' }),
    });
    return {
      module: SmallHost,
      imports: [
        astra,
        WalletsModule,
        TypeOrmModule.forRoot({
          type: 'postgres',
          ...connection,
          migrations: [CreateWallets1795340000000],
          migrationsRun: true,
          retryAttempts: 0,
        }),
        TypeOrmModule.forRoot({
          name: 'accounts',
          ...astraDataSource({ ...connection, schema: 'accounts' }),
          migrationsRun: true,
          retryAttempts: 0,
        }),
      ],
      controllers: [JoinController],
    };
  }
}

describe('a host that gives Astra a DataSource and a schema of its own, and leaves features out', () => {
  let host: GuestHost;
  let ada: Tokens;

  const login = (username: string) => host.ask<Tokens>('POST /auth/login', { body: { username, password } });

  beforeAll(async () => {
    host = await GuestHost.start('fastify', {
      instead: (database) => SmallHost.on(database),
      prepare: (database) => database.query('CREATE SCHEMA accounts'),
    });
    await host.ask('POST /join', { body: { name: 'ada' } });
    ada = (await login('ada')).body;
  });
  afterAll(() => host.stop());

  it('has all of its tables there, and its own where they were', async () => {
    const tables = await host.database.query<{ schemaname: string; tablename: string }>(
      `SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'accounts')`,
    );
    const inSchema = (schema: string) =>
      tables.filter(({ schemaname }) => schemaname === schema).map(({ tablename }) => tablename);
    expect(inSchema('public').sort()).toEqual(['migrations', 'wallets']);
    expect(inSchema('accounts')).toEqual(expect.arrayContaining(['auth_users', 'auth_migrations']));

    const accounts = host.app.get<DataSource>(getDataSourceToken('accounts'), { strict: false });
    expect(await accounts.showMigrations()).toBe(false);
    expect((await accounts.driver.createSchemaBuilder().log()).upQueries).toEqual([]);
  });

  it('signs in, refreshes and signs out', async () => {
    const { access_token: token, refresh_token } = (await login('ada')).body;
    expect((await host.ask('GET /users/me', { token })).body.username).toBe('ada');
    const refreshed = await host.ask('POST /auth/refresh', { body: { refresh_token } });
    expect(refreshed.status).toBe(200);
    expect((await host.ask('PATCH /users/me', { token, body: { full_name: 'Ada' } })).status).toBe(200);
    expect((await host.ask('POST /auth/logout', { token })).status).toBe(204);
    expect((await host.ask('GET /users/me', { token })).status).toBe(401);
    expect((await login('nobody')).status).toBe(401);
  });

  it('keeps its own DataSource for itself, and writes along in the transactions of accounts', async () => {
    const { db, users } = host.get(Wallets);
    expect(db.hasMetadata(User)).toBe(false);
    const user = await users.findByLogin('ada');
    expect(await db.query('SELECT * FROM wallets')).toEqual([{ owner_id: user?.id, money: 10 }]);
  });

  it.each([
    'POST /auth/register',
    'POST /auth/verify-email/request',
    'POST /auth/verify-email',
    'POST /auth/password/forgot',
    'POST /auth/password/reset',
    'POST /auth/email/confirm',
    'POST /users/me/email',
    'POST /admin/users/01a20471-1b80-7789-b4c8-5bb58aed02fd/password-reset',
    'POST /auth/login/continue',
    'POST /auth/login/enrol',
    'GET /users/me/factors',
    'POST /users/me/recovery-codes',
    'DELETE /admin/users/01a20471-1b80-7789-b4c8-5bb58aed02fd/factors',
    'GET /auth/providers',
    'GET /users/me/identities',
    'GET /users/me/api-keys',
    'POST /auth/passkeys/options',
    'POST /auth/passkeys/login',
    'GET /users/me/passkeys',
    'POST /users/me/passkeys/options',
    'GET /.well-known/webauthn',
    'GET /users/admin-dashboard',
    'GET /users/moderator-panel',
    'GET /.well-known/jwks.json',
    'GET /.well-known/revocations',
  ])('does not have %s', async (route) => {
    expect(
      (await host.ask(route, { token: ada.access_token, body: route.startsWith('POST') ? {} : undefined }))
        .status,
    ).toBe(404);
  });

  it('has in its OpenAPI document what it serves, and no more', () => {
    const { paths } = SwaggerModule.createDocument(host.app, new DocumentBuilder().build());
    const own = Object.keys(paths).map((path) => path.replace('/backend/v2', ''));
    expect(own.sort()).toEqual([
      '/admin/audit-events',
      '/admin/users',
      '/admin/users/{id}',
      '/admin/users/{id}/restore',
      '/admin/users/{id}/sessions',
      '/auth/login',
      '/auth/logout',
      '/auth/logout-all',
      '/auth/refresh',
      '/auth/revoke',
      '/join',
      '/users/me',
      '/users/me/events',
      '/users/me/export',
      '/users/me/password',
      '/users/me/reauthenticate',
      '/users/me/reauthenticate/options',
      '/users/me/sessions',
      '/users/me/sessions/{id}',
    ]);
  });

  it('replaces a password that nobody can reset by mail, by code of its own', async () => {
    const { id } = (await host.get(UsersService).findByLogin('ada'))!;
    const { refresh_token } = (await login('ada')).body;
    const disabled = `UPDATE accounts.auth_sign_in_failures SET failures = 100, wait_until = now()`;
    await host.ask('POST /auth/login', { body: { username: 'ada', password: 'wrong' } });
    await host.database.query(disabled);
    expect((await login('ada')).status).toBe(401);

    const passwords = host.get(PasswordChangeService);
    await expect(passwords.assign(id, 'short')).rejects.toThrow(InvalidInputError);
    await passwords.assign(id, password);
    expect((await login('ada')).status).toBe(200);
    expect((await host.ask('POST /auth/refresh', { body: { refresh_token } })).status).toBe(401);
    const reasons = await host.database.query(
      `SELECT data->>'reason' AS reason FROM accounts.auth_audit_events WHERE type = 'authn_password_change'`,
    );
    expect(reasons).toEqual([{ reason: 'application' }]);
  });

  it('queues no mail, so accounts that administrators make need a password', async () => {
    const users = host.get(UsersService);
    const { id } = (await users.findByLogin('ada'))!;
    await users.update(id, { role: 'admin' });
    const { access_token: token } = (await login('ada')).body;

    const grace = { username: 'grace', email: 'grace@example.com' };
    expect((await host.ask('POST /admin/users', { token, body: grace })).body).toMatchObject({
      status: 422,
      errors: [{ loc: ['body', 'password'], code: 'missing' }],
    });
    expect((await host.ask('POST /admin/users', { token, body: { ...grace, password } })).status).toBe(201);
    const deleted = await host.ask(`DELETE /admin/users/${(await users.findByLogin('grace'))?.id}`, {
      token,
    });
    expect(deleted.status).toBe(204);
    expect((await host.ask('GET /admin/audit-events', { token })).body.items[0].type).toBe('user_deleted');
    expect(await host.database.query(`SELECT 1 FROM astra_jobs.job WHERE name = 'mail'`)).toEqual([]);
  });
});
