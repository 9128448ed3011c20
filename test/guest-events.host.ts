import { setTimeout as sleep } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  AccountEvents,
  type AccountEvent,
  EmailVerified,
  ensureAdministrator,
  PasswordChanged,
  Problem,
  Role,
  RoleChanged,
  SessionEnded,
  SignedIn,
  UserDeactivated,
  UserDeleted,
  UserRegistered,
  UsersService,
} from '../src/index.js';
import { eventually } from './support/eventually.js';
import { GuestHost } from './support/guest-host.js';

const password = 'Analytical1';
const person = (username: string) => ({ username, email: `${username}@example.com`, password });

describe('the events of accounts, in a host', () => {
  let host: GuestHost;
  let db: DataSource;
  let events: AccountEvents;
  let users: UsersService;
  let heard: AccountEvent[];

  const types = [
    UserRegistered,
    SignedIn,
    EmailVerified,
    PasswordChanged,
    RoleChanged,
    UserDeactivated,
    UserDeleted,
    SessionEnded,
  ];
  const errors: string[] = [];
  const log: LoggerService = {
    log: () => undefined,
    warn: () => undefined,
    error: (line: string) => errors.push(line),
  };

  const idOf = async (username: string) => (await users.findByLogin(username))!.id;
  const namesHeard = () => heard.map(({ constructor }) => constructor.name);
  const count = async (sql: string) => (await host.database.query(sql)).length;

  beforeAll(async () => {
    host = await GuestHost.start('fastify');
    host.app.useLogger(log);
    db = host.get(DataSource);
    users = host.get(UsersService);
    events = host.get(AccountEvents);
    for (const type of types) events.on(type, (event: AccountEvent) => void heard.push(event));
  });
  beforeEach(() => {
    heard = [];
    errors.length = 0;
  });
  afterAll(() => host.stop());

  it('come once each, after what they tell is committed', async () => {
    const visible: Promise<unknown[]>[] = [];
    events.on(UserRegistered, ({ userId }) => {
      visible.push(host.database.query('SELECT username FROM auth_users WHERE id = $1', [userId]));
    });
    const { access_token: token } = await host.signUp('ada');
    const userId = await idOf('ada');
    expect(await Promise.all(visible)).toEqual([[{ username: 'ada' }]]);

    const other = (await host.ask('POST /auth/login', { body: { username: 'ada', password } })).body;
    const change = { current_password: password, new_password: 'Difference2' };
    expect((await host.ask('POST /users/me/password', { token, body: change })).status).toBe(204);
    expect((await host.ask('GET /users/me', { token: other.access_token })).status).toBe(401);
    expect((await host.ask('POST /auth/logout', { token })).status).toBe(204);
    await users.update(userId, { emailVerifiedAt: new Date() });
    await users.update(userId, { emailVerifiedAt: new Date(), fullName: 'Ada Lovelace' });
    await users.update(userId, { role: Role.Moderator });
    await users.update(userId, { role: Role.Moderator, isActive: false });
    await db.transaction((tx) => users.remove(userId, tx));

    expect(heard).toEqual([
      { userId, username: 'ada', email: 'ada@example.com', fullName: null, role: 'user' },
      {
        ...{ userId, sessionId: expect.any(String), isNewDevice: false },
        client: expect.objectContaining({ userAgent: 'node' }),
      },
      { userId, sessionId: expect.any(String), isNewDevice: false, client: expect.anything() },
      { userId, sessionId: expect.any(String), reason: 'password_changed' },
      { userId, reason: 'change' },
      { userId, sessionId: expect.any(String), reason: 'logout' },
      { userId, email: 'ada@example.com' },
      { userId, before: 'user', after: 'moderator' },
      { userId },
      { userId, username: 'ada', email: 'ada@example.com' },
    ]);
    expect(namesHeard()).toEqual([
      'UserRegistered',
      'SignedIn',
      'SignedIn',
      'SessionEnded',
      'PasswordChanged',
      'SessionEnded',
      'EmailVerified',
      'RoleChanged',
      'UserDeactivated',
      'UserDeleted',
    ]);
  });

  it('do not come for what is rolled back, in whole or up to a savepoint', async () => {
    await users.create({ username: 'kept', email: 'kept@example.com', passwordHash: null });
    const id = await idOf('kept');
    heard = [];
    const undone = db.transaction(async (tx) => {
      await users.update(id, { role: Role.Moderator }, tx);
      throw new Error('the host changes its mind');
    });
    await expect(undone).rejects.toThrow('changes its mind');

    await db.transaction(async (tx) => {
      await users.update(id, { emailVerifiedAt: new Date() }, tx);
      const attempt = tx.transaction(async (inner) => {
        await users.update(id, { isActive: false }, inner);
        throw new Error('only this part');
      });
      await expect(attempt).rejects.toThrow('only this part');
      await tx.transaction((inner) => users.update(id, { role: Role.Moderator }, inner));
      expect(heard).toEqual([]);
    });
    expect(namesHeard()).toEqual(['EmailVerified', 'RoleChanged']);
  });

  it('come of the administrator that the host makes by itself, once', async () => {
    const seen: string[] = [];
    events.before(UserRegistered, ({ username }) => void seen.push(username));
    const admin = { username: 'root', email: 'root@example.com', password: 'Analytical1' };
    expect(await ensureAdministrator(host.app, admin)).toBe(true);
    expect(await ensureAdministrator(host.app, { ...admin, username: 'other' })).toBe(false);
    expect(seen).toEqual(['root']);
    expect((await users.findByLogin('root'))?.role).toBe('admin');
    await expect(
      ensureAdministrator(host.app, { ...admin, username: 'weak', password: 'short' }, { another: true }),
    ).rejects.toThrow();
  });

  it('do nobody harm whose listener throws, and the log says so', async () => {
    events.on(UserRegistered, ({ username }) => {
      if (username === 'edsger') throw new Error('at once');
    });
    events.on(UserRegistered, async ({ username }) => {
      if (username === 'edsger') throw await Promise.resolve(new Error('later'));
    });
    expect((await host.ask('POST /auth/register', { body: person('edsger') })).status).toBe(201);
    await eventually(async () => {
      expect(errors).toEqual([
        'A listener to UserRegistered failed: at once',
        'A listener to UserRegistered failed: later',
      ]);
    });
    expect(namesHeard()).toEqual(['UserRegistered']);
  });

  it('are heard to the end where the application stops meanwhile', async () => {
    const other = await GuestHost.start('fastify', { on: host.database });
    let isDone = false;
    other.get(AccountEvents).on(UserRegistered, async () => {
      await sleep(100);
      isDone = true;
    });
    await other.ask('POST /auth/register', { body: person('donald') });
    await other.stop();
    expect(isDone).toBe(true);
    expect(heard).toEqual([]);
  });

  describe('in the transaction', () => {
    const leftovers = `SELECT 1 FROM auth_users WHERE username IN ('mallory', 'trudy')
      UNION ALL SELECT 1 FROM profiles p LEFT JOIN auth_users u ON u.id = p.user_id WHERE u.id IS NULL
      UNION ALL SELECT 1 FROM astra_jobs.job WHERE data::text ~ 'mallory|trudy'`;

    beforeAll(() => {
      events.before(UserRegistered, ({ email }) => {
        if (email?.startsWith('mallory')) throw new Problem(403, 'refused', 'Only by invitation.');
        if (email?.startsWith('trudy')) throw new Error('a mistake of the host');
      });
      events.before(SignedIn, async ({ userId }, tx) => {
        const [{ language }] = await tx.query('SELECT language FROM profiles WHERE user_id = $1', [userId]);
        if (language === 'tlh') throw new Problem(403, 'refused', 'We do not speak your language.');
      });
      events.before(UserDeleted, ({ username }) => {
        if (username === 'grace') throw new Problem(409, 'refused', 'There are bills to be paid.');
      });
    });

    it('let the host write along: a profile is there as soon as its account is', async () => {
      const { access_token: token } = await host.signUp('grace');
      const userId = await idOf('grace');
      expect((await host.ask('GET /profile', { token })).body).toEqual({ data: { userId, language: 'en' } });
      expect((await host.ask('PATCH /profile', { token, body: { language: 'de' } })).status).toBe(200);
      expect((await host.ask('GET /profile', { token })).body.data.language).toBe('de');
    });

    it.each([
      ['mallory', 403, { type: '/problems/refused', detail: 'Only by invitation.' }],
      ['trudy', 500, { type: '/problems/internal-error' }],
    ])('let the host refuse %s, and then nothing is left', async (username, status, body) => {
      const refused = await host.ask('POST /auth/register', { body: person(username) });
      expect(refused).toMatchObject({ status, body });
      expect(await count(leftovers)).toBe(0);
      expect(heard).toEqual([]);
    });

    it('let the host refuse a sign-in, which is in the audit trail', async () => {
      await host.signUp('worf');
      const userId = await idOf('worf');
      await host.database.query(`UPDATE profiles SET language = 'tlh' WHERE user_id = $1`, [userId]);
      heard = [];
      const refused = await host.ask('POST /auth/login', { body: { username: 'worf', password } });
      expect(refused).toMatchObject({ status: 403, body: { detail: 'We do not speak your language.' } });
      expect(await count(`SELECT 1 FROM auth_sessions WHERE user_id = '${userId}'`)).toBe(1);
      expect(heard).toEqual([]);
      const [failure] = await host.database.query(
        `SELECT data FROM auth_audit_events WHERE user_id = $1 AND type = 'authn_login_fail'`,
        [userId],
      );
      expect(failure.data).toEqual({ reason: 'refused_by_application' });
    });

    it('let the host refuse a deletion, and then nobody is signed out', async () => {
      const login = await host.ask('POST /auth/login', { body: { username: 'grace', password } });
      const token = login.body.access_token as string;
      heard = [];
      const remove = { token, body: { current_password: password } };
      const refused = await host.ask('DELETE /users/me', remove);
      expect(refused).toMatchObject({ status: 409, body: { detail: 'There are bills to be paid.' } });
      expect((await host.ask('GET /users/me', { token })).status).toBe(200);
      expect(heard).toEqual([]);
    });
  });
});
