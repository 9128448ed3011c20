import { Controller, type DynamicModule, Get, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  Column,
  DataSource,
  Entity,
  type EntitySubscriberInterface,
  EventSubscriber,
  JoinColumn,
  ManyToOne,
  type MigrationInterface,
  PrimaryColumn,
  type QueryRunner,
  type Relation,
} from 'typeorm';
import * as astra from '../src/index.js';
import {
  AccountEvent,
  AccountEvents,
  type AccountEventType,
  astraEntities,
  astraMigrations,
  Authenticated,
  AstraModule,
  CurrentUser,
  type Principal,
  User,
} from '../src/index.js';
import { AccountErasureService } from '../src/auth/account/account-erasure.service.js';
import { hashSchemes } from '../src/auth/passwords/hashing/password-hash.js';
import { previousCode, totpCode } from './support/authenticator.js';
import { SoftAuthenticator } from '../src/testing/soft-authenticator.js';
import { TestMailbox } from '../src/testing/test-mailbox.js';
import { GuestHost } from './support/guest-host.js';
import { CLIENT, TestIssuer } from './support/test-issuer.js';
import type { TestDatabase } from './support/test-database.js';

const SECRET_KEY = 'a secret key that nobody may ever see again';

@Entity({ name: 'orders' })
class Order {
  @PrimaryColumn('uuid', { name: 'buyer_id' })
  buyerId: string;

  @ManyToOne(() => User, { eager: true })
  @JoinColumn({ name: 'buyer_id' })
  buyer: Relation<User>;

  @Column('varchar')
  item: string;
}

class CreateOrders1795357000000 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`CREATE TABLE orders (buyer_id uuid PRIMARY KEY, item varchar NOT NULL DEFAULT 'tea')`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE orders');
  }
}

/** All that came into the hands of the host, by where it came from. */
const held: { from: string; value: unknown }[] = [];
const hold = (from: string, value: unknown) => void held.push({ from, value });

/** Like one that keeps a log of every change: TypeORM shows it all that is loaded and written. */
@EventSubscriber()
class ChangeLog implements EntitySubscriberInterface {
  afterLoad = (entity: unknown) => hold('afterLoad', entity);
  beforeInsert = ({ entity }: { entity: unknown }) => hold('beforeInsert', entity);
  afterInsert = ({ entity }: { entity: unknown }) => hold('afterInsert', entity);
  beforeUpdate = (event: object) => hold('beforeUpdate', written(event));
  afterUpdate = (event: object) => hold('afterUpdate', written(event));
  afterRemove = (event: object) => hold('afterRemove', written(event));
}
const written = (event: { entity?: unknown; databaseEntity?: unknown }) => [
  event.entity,
  event.databaseEntity,
];

@Controller()
class OrdersController {
  constructor(private readonly db: DataSource) {}

  @Get('orders')
  orders() {
    return this.db.getRepository(Order).find({ relations: { buyer: true } });
  }

  @Get('joined-orders')
  joinedOrders() {
    return this.db
      .createQueryBuilder(Order, 'order')
      .leftJoinAndSelect('order.buyer', 'buyer')
      .select(['order', 'buyer'])
      .getMany();
  }

  @Get('raw-orders')
  rawOrders() {
    return this.db
      .createQueryBuilder(Order, 'order')
      .leftJoinAndSelect('order.buyer', 'buyer')
      .getRawMany<object>();
  }

  @Get('saved-users')
  async savedUsers() {
    const users = this.db.getRepository(User);
    return users.save(await users.find());
  }

  @Get('everything')
  everything() {
    return Promise.all(
      astraEntities.map((entity) => {
        const { relations } = this.db.getMetadata(entity);
        return this.db.getRepository<object>(entity).find({
          relations: Object.fromEntries(relations.map(({ propertyName }) => [propertyName, true])),
        });
      }),
    );
  }

  @Get('principal')
  @Authenticated()
  principal(@CurrentUser() principal: Principal) {
    hold('principal', principal);
    return principal;
  }
}

@Module({})
class OrdersHost {
  static on({ connection }: TestDatabase, mailer: TestMailbox, issuer: string): DynamicModule {
    const astra = AstraModule.forRoot({
      secretKey: SECRET_KEY,
      // So that a sign-in replaces the hash that the test puts there.
      passwordHash: 'pbkdf2-sha256',
      mail: { mailer },
      // An issuer on this machine is for tests.
      allowExampleSecrets: true,
      providers: { acme: { ...CLIENT, issuer } },
    });
    return {
      module: OrdersHost,
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          ...connection,
          entities: [Order, ...astraEntities],
          migrations: [...astraMigrations, CreateOrders1795357000000],
          migrationsRun: true,
          subscribers: [ChangeLog],
          installExtensions: false,
          retryAttempts: 0,
        }),
        astra,
      ],
      controllers: [OrdersController],
    };
  }
}

/** All text and bytes that can be reached from a value, bytes in hexadecimal. */
function textsIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') return [value];
  if (Buffer.isBuffer(value)) return [value.toString('hex')];
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  const parts: unknown[] =
    value instanceof Map
      ? [...value.entries()]
      : Reflect.ownKeys(value).map((key) => Reflect.get(value, key));
  return [...parts, ...(value instanceof Set ? value : [])].flatMap((part) => textsIn(part, seen));
}

const exported = Object.values(astra).filter((one) => typeof one === 'function');
const eventTypes = exported.filter(
  (one) => one.prototype instanceof AccountEvent,
) as AccountEventType<AccountEvent>[];

describe('what a host may hold', () => {
  const mailbox = new TestMailbox();
  const passwords = ['Analytical1', 'Difference2', 'Jacquard3'];
  const secrets = new Set([SECRET_KEY, ...passwords]);
  let issuer: TestIssuer;
  let host: GuestHost;

  /** What is secret in the database at this moment; and both forms in which one could come upon it. */
  async function noteSecrets() {
    const rows = await host.database.query<{ secret: string }>(
      `SELECT hashed_password AS secret FROM auth_users WHERE hashed_password IS NOT NULL
        UNION SELECT encode(token_hash, 'hex') FROM auth_one_time_tokens
        UNION SELECT encode(token_hash, 'hex') FROM auth_sign_ins
        UNION SELECT encode(token_hash, 'hex') FROM auth_api_keys
        UNION SELECT encode(code_hash, 'hex') FROM auth_recovery_codes
        UNION SELECT secret_sealed FROM auth_totp
        UNION SELECT encode(mac, 'hex') FROM auth_audit_chains WHERE mac IS NOT NULL
        UNION SELECT encode(address_salt, 'hex') FROM auth_audit_events WHERE address_salt IS NOT NULL`,
    );
    for (const { secret } of rows) secrets.add(secret);
  }

  async function ask<T = any>(route: string, options: { token?: string; body?: object } = {}): Promise<T> {
    const answer = await host.ask<T>(route, options);
    if (answer.status >= 400) throw new Error(`${route}: ${JSON.stringify(answer.body)}`);
    await noteSecrets();
    for (const token of ['access_token', 'refresh_token'] as const) {
      const secret = (answer.body as Record<string, string> | undefined)?.[token];
      if (secret) secrets.add(secret);
    }
    return answer.body;
  }

  async function mailToken(to: string): Promise<string> {
    let message = await mailbox.latest(to);
    // Notices are on their way too, and may come later.
    while (!message.text.includes('#token=')) message = await mailbox.latest(to);
    const { token } = message;
    secrets.add(token);
    return token;
  }

  const give = async (route: string, token: string) => hold(route, await ask(route, { token }));
  const signIn = async (username: string, password: string): Promise<string> =>
    (await ask('POST /auth/login', { body: { username, password } })).access_token;

  /** Holds what the methods of a service return from now on. */
  function holdResultsOf(type: abstract new (...args: never[]) => unknown) {
    const service = host.app.get<Record<string, unknown>>(type, { strict: false });
    for (const name of Object.getOwnPropertyNames(type.prototype)) {
      const method = service[name];
      if (name === 'constructor' || typeof method !== 'function') continue;
      service[name] = (...args: unknown[]) => {
        const result: unknown = method.apply(service, args);
        // Which of them are synchronous is for the service's own use: queries being built.
        if (result instanceof Promise)
          void result.then(
            (it) => hold(`${type.name}.${name}`, it),
            () => undefined,
          );
        return result;
      };
    }
  }

  beforeAll(async () => {
    issuer = await TestIssuer.start();
    host = await GuestHost.start('express', {
      instead: (database) => OrdersHost.on(database, mailbox, issuer.url),
    });
    const events = host.get(AccountEvents);
    for (const type of eventTypes) {
      events.before(type, (event: AccountEvent) => hold(`hook ${event.constructor.name}`, event));
      events.on(type, (event: AccountEvent) => hold(`event ${event.constructor.name}`, event));
    }
    for (const type of [astra.UsersService, astra.RegistrationService]) holdResultsOf(type);
  });
  afterAll(async () => {
    await host.stop();
    await issuer.stop();
  });

  /** Adds an authenticator app, signs in with a recovery code, and removes the app again. */
  async function useFactor(token: string, login: object): Promise<void> {
    const setup = await ask('POST /users/me/factors/totp', { token, body: {} });
    secrets.add(setup.secret);
    const confirmation = { id: setup.id, totp_code: await previousCode(setup.secret) };
    const { recovery_codes } = await ask('POST /users/me/factors/totp/confirm', {
      token,
      body: confirmation,
    });
    for (const code of recovery_codes) secrets.add(code);
    const { body } = await host.ask('POST /auth/login', { body: login });
    secrets.add(body.sign_in_token);
    await noteSecrets();
    const proof = { sign_in_token: body.sign_in_token, recovery_code: recovery_codes[0] };
    await ask('POST /auth/login/continue', { body: proof });
    await ask('POST /users/me/reauthenticate', { token, body: { totp_code: totpCode(setup.secret) } });
    await ask('POST /users/me/recovery-codes', { token });
    await ask(`DELETE /users/me/factors/${setup.id}`, { token });
  }

  /** Adds a passkey, signs in with it alone, and removes it again. */
  async function usePasskey(token: string, password: string): Promise<void> {
    const authenticator = new SoftAuthenticator({ origin: 'http://localhost:8000' });
    const options = await ask('POST /users/me/passkeys/options', { token });
    const passkey = authenticator.create(options);
    const { id, recovery_codes } = await ask('POST /users/me/passkeys', { token, body: { passkey } });
    for (const code of recovery_codes) secrets.add(code);
    const signedIn = authenticator.get(await ask('POST /auth/passkeys/options'));
    await ask('POST /auth/passkeys/login', { body: { passkey: signedIn } });
    await noteSecrets();
    await ask('DELETE /users/me/password', { token });
    await ask('PUT /users/me/password', { token, body: { new_password: password } });
    await noteSecrets();
    await ask(`DELETE /users/me/passkeys/${id}`, { token });
  }

  /** Connects an identity at a provider, and removes it again. */
  async function useIdentity(token: string): Promise<void> {
    issuer.user = { sub: 'identity-of-ada' };
    const body = { redirect_to: 'http://localhost:8000/done' };
    const begun = await host.ask('POST /users/me/identities/acme/authorize', { token, body });
    const [cookie] = begun.headers.getSetCookie()[0].split(';', 1);
    secrets.add(cookie.split('=')[1]);
    const answered = await fetch(begun.body.authorization_url, { redirect: 'manual' });
    const { pathname, search } = new URL(answered.headers.get('location') ?? '');
    const ended = await fetch(host.origin + pathname + search, { redirect: 'manual', headers: { cookie } });
    expect(ended.headers.get('location')).toBe(`${body.redirect_to}?linked=acme`);
    const { items } = await ask('GET /users/me/identities', { token });
    await ask(`DELETE /users/me/identities/${items[0].id}`, { token });
  }

  /** Creates an API key, makes a request with it, and revokes it again. */
  async function useApiKey(token: string): Promise<void> {
    const body = { name: 'Export', scopes: ['profile:read'] };
    const { id, token: key } = await ask('POST /users/me/api-keys', { token, body });
    secrets.add(key);
    await noteSecrets();
    await give('GET /users/me', key);
    await give('GET /users/me/api-keys', token);
    await give('GET /users/me/export', token);
    await ask(`DELETE /users/me/api-keys/${id}`, { token });
  }

  it('carries no hash, key, password or token through the whole life of an account', async () => {
    const [first, second, third] = passwords;
    const ada = { username: 'ada', email: 'ada@example.com', password: first };
    const { id } = await ask('POST /auth/register', { body: ada });
    await host.database.query(`INSERT INTO orders VALUES ($1)`, [id]);
    await ask('POST /auth/verify-email', { body: { token: await mailToken(ada.email) } });

    const { refresh_token } = await ask('POST /auth/login', {
      body: { username: 'ada', password: first },
    });
    const { access_token: token } = await ask('POST /auth/refresh', { body: { refresh_token } });
    await ask('POST /users/me/password', { token, body: { current_password: first, new_password: second } });
    await ask('PATCH /users/me', { token, body: { full_name: 'Ada Lovelace' } });
    const change = { new_email: 'countess@example.com', current_password: second };
    await ask('POST /users/me/email', { token, body: change });
    await ask('POST /auth/email/confirm', { body: { token: await mailToken(change.new_email) } });
    await ask('POST /auth/password/forgot', { body: { email: change.new_email } });
    const reset = { token: await mailToken(change.new_email), new_password: third };
    await noteSecrets();
    await ask('POST /auth/password/reset', { body: reset });

    await host.database.query(`UPDATE auth_users SET hashed_password = $1`, [
      await hashSchemes.argon2id.hash(third),
    ]);
    await noteSecrets();
    const live = await signIn('ada', third);
    await noteSecrets();
    for (const route of ['orders', 'joined-orders', 'raw-orders', 'saved-users', 'everything', 'principal'])
      await give(`GET /${route}`, live);
    await ask('POST /auth/password/forgot', { body: { email: change.new_email } });
    await mailToken(change.new_email);
    await give('GET /everything', live);
    for (const route of [
      'GET /users/me',
      'GET /users/me/sessions',
      'GET /users/me/events',
      'GET /users/me/export',
    ])
      await give(route, live);

    await useFactor(live, { username: 'ada', password: third });
    await give('GET /users/me/factors', live);
    await give('GET /users/me/export', live);
    await usePasskey(live, third);
    await useIdentity(live);
    await useApiKey(live);

    const users = host.get(astra.UsersService);
    const boss = await users.create({
      username: 'boss',
      email: 'boss@example.com',
      role: 'admin',
      passwordHash: await hashSchemes.argon2id.hash(first),
    });
    await noteSecrets();
    expect(await users.findByLogin('boss')).toEqual(boss);
    const admin = await signIn('boss', first);
    const body = { username: 'grace', email: 'grace@example.com' };
    const grace = await ask(`POST /admin/users`, { token: admin, body });
    await mailToken('grace@example.com');
    await ask(`DELETE /admin/users/${grace.id}`, { token: admin });
    await host.database.query(`UPDATE auth_users SET deleted_at = now() - interval '31 days' WHERE id = $1`, [
      grace.id,
    ]);
    await host.get(AccountErasureService).erase();
    await ask(`PATCH /admin/users/${id}`, { token: admin, body: { role: 'moderator' } });
    await ask(`PATCH /admin/users/${id}`, { token: admin, body: { is_active: false } });
    await ask(`PATCH /admin/users/${id}`, { token: admin, body: { is_active: true } });
    await ask(`DELETE /admin/users/${id}`, { token: admin });
    await ask(`POST /admin/users/${id}/restore`, { token: admin });
    await ask('POST /auth/logout', { token: admin });

    // Everything was there to be found.
    const sources = held.map(({ from }) => from);
    const names = eventTypes.map(({ name }) => name);
    for (const way of ['hook', 'event'])
      expect(sources).toEqual(expect.arrayContaining(names.map((name) => `${way} ${name}`)));
    for (const source of [
      'afterLoad',
      'beforeInsert',
      'afterUpdate',
      'principal',
      'UsersService.findByLogin',
      'RegistrationService.register',
    ])
      expect(sources).toContain(source);
    expect([...secrets].filter((secret) => /^\$(argon2id|pbkdf2)/.test(secret)).length).toBeGreaterThan(4);
    const leaks = held.flatMap(({ from, value }) =>
      textsIn([value, JSON.stringify(value)])
        .filter((text) => [...secrets].some((secret) => text.includes(secret)))
        .map((text) => `${from}: ${text}`),
    );
    expect(leaks).toEqual([]);
  });

  it('is told from what is secret by every entity', () => {
    const isSecret = /hash|token|secret|mac|salt|digest|key|password/;
    const shown = host
      .get(DataSource)
      .entityMetadatas.flatMap(({ columns, tableName }) =>
        columns
          .filter(
            ({ isSelect, isPrimary, databaseName, type }) =>
              isSelect &&
              !isPrimary &&
              (type === 'bytea' || (type === 'varchar' && isSecret.test(databaseName))),
          )
          .map(({ databaseName }) => `${tableName}.${databaseName}`),
      );
    expect(shown).toEqual([]);
  });
});
