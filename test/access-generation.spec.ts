import { DataSource } from 'typeorm';
import { Role } from '../src/settings/role.js';
import { DeletedUsersService } from '../src/users/deleted-users.service.js';
import { PasswordHashes } from '../src/users/password-hashes.js';
import { User } from '../src/users/user.entity.js';
import { UsersService } from '../src/users/users.service.js';
import { eventually } from './support/eventually.js';
import { decode } from './support/forge.js';
import { ada, TestService, type Tokens } from './support/test-service.js';

const { jest } = import.meta;

describe('the generation of what a user may do', () => {
  let service: TestService;
  let users: UsersService;
  let db: DataSource;
  let id: string;

  beforeAll(async () => {
    service = await TestService.start();
    ({ id } = await service.signUp());
    users = service.app.get(UsersService, { strict: false });
    db = service.app.get(DataSource);
    await service.signUp({ username: 'grace', email: 'grace@example.com' });
    await service.database.query(`UPDATE auth_users SET role = 'admin' WHERE username = 'grace'`);
  });

  afterAll(() => service.stop());

  const stored = async () =>
    (await db.getRepository(User).findOneOrFail({ where: { id }, withDeleted: true })).accessGeneration;

  it.each<[string, () => Promise<unknown>]>([
    ['a role', () => users.update(id, { role: Role.Moderator })],
    ['a deactivation', () => users.update(id, { isActive: false })],
    ['an activation', () => users.update(id, { isActive: true, role: Role.User })],
    ['a deletion', () => db.transaction((tx) => users.remove(id, tx))],
    [
      'its undoing',
      () =>
        db.transaction((tx) => service.app.get(DeletedUsersService, { strict: false }).restore(id, {}, tx)),
    ],
    [
      "an operator's statement",
      () => service.database.query(`UPDATE auth_users SET role = 'moderator' WHERE username = 'ada'`),
    ],
  ])('rises with %s', async (_, change) => {
    const before = await stored();
    await change();
    expect(await stored()).toBe(before + 1);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the role that was there', () => users.update(id, { role: Role.Moderator, isActive: true })],
    ['another name', () => users.update(id, { fullName: 'Ada Lovelace' })],
    ['a proven address', () => db.transaction((tx) => users.markEmailVerified(id, tx))],
    [
      'another hash',
      () => db.transaction((tx) => service.app.get(PasswordHashes, { strict: false }).set(id, 'x', tx)),
    ],
  ])('does not rise with %s', async (_, change) => {
    const before = await stored();
    await change();
    expect(await stored()).toBe(before);
  });

  it('is in each access token together with the role, both as of one moment', async () => {
    const tokens = await service.signUp({ username: 'joan', email: 'joan@example.com' });
    const { sub, gen } = decode(tokens.access_token).claims;
    expect(gen).toBe(0);
    const issued: Tokens[] = [];
    // The row is locked before the token is issued, and changes only after: by the clock the token is newer.
    await db.transaction(async (tx) => {
      await users.update(String(sub), { role: Role.Moderator }, tx);
      issued.push(
        (await service.post<Tokens>('/auth/refresh', { refresh_token: tokens.refresh_token })).body,
      );
    });
    issued.push(
      (await service.post<Tokens>('/auth/refresh', { refresh_token: issued[0].refresh_token })).body,
      await service.signIn({ username: 'joan', password: ada.password }),
    );
    expect(issued.map(({ access_token }) => decode(access_token).claims)).toMatchObject([
      { role: 'user', gen: 0 },
      { role: 'moderator', gen: 1 },
      { role: 'moderator', gen: 1 },
    ]);
  });
});

describe('an instance whose clock is 20 seconds behind', () => {
  it('lets nobody in by a session that has ended, not even from memory', async () => {
    const service = await TestService.start();
    const { now } = Date;
    try {
      const { access_token } = await service.signUp();
      await service.database.query(`UPDATE auth_sessions SET expires_at = now() + interval '3 seconds'`);
      jest.spyOn(Date, 'now').mockImplementation(() => now() - 20_000);
      const me = async () => (await service.get('/users/me', access_token)).status;
      expect(await me()).toBe(200);
      await eventually(async () => expect(await me()).toBe(401), 6_000);
    } finally {
      jest.restoreAllMocks();
      await service.stop();
    }
  });
});

describe('an access token', () => {
  it('does not outlive its session, since nobody elsewhere hears of one that expires', async () => {
    const service = await TestService.start({ auth: { sessionIdleTtl: 600, sessionMaxTtl: 1_000 } });
    try {
      const first = await service.signUp();
      await service.database.query(
        `UPDATE auth_sessions SET absolute_expires_at = now() + interval '299.5 seconds'`,
      );
      const { body: next } = await service.post<Tokens>('/auth/refresh', {
        refresh_token: first.refresh_token,
      });
      const { body: again } = await service.post<Tokens>('/auth/refresh', {
        refresh_token: first.refresh_token,
      });
      for (const { access_token, expires_in } of [first, next, again]) {
        const { exp, iat } = decode(access_token).claims;
        expect(Number(exp) - Number(iat)).toBe(expires_in);
      }
      expect(first.expires_in).toBe(600);
      for (const { expires_in } of [next, again]) {
        expect(expires_in).toBeLessThanOrEqual(300);
        expect(expires_in).toBeGreaterThan(200);
      }
    } finally {
      await service.stop();
    }
  });
});
