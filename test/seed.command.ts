import { madeUpUsers } from '../src/commands/seed/made-up-users.js';
import { runAstra } from './support/run-astra.js';
import { TestDatabase } from './support/test-database.js';
import { TestService } from './support/test-service.js';

const PRODUCTION = {
  NODE_ENV: 'production',
  SECRET_KEY: '1jJ4yGZrDfCVUXdE0PzKcLq0pHnSgAb2RtWm',
};

let database: TestDatabase;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(() => database.drop());

const seed = (...args: string[]) => runAstra(database, ['seed', ...args]);

const count = async (where = 'true') => {
  const [{ found }] = await database.query<{ found: number }>(
    `SELECT count(*)::int AS found FROM auth_users WHERE ${where}`,
  );
  return found;
};

const addSomebody = (username: string) =>
  database.query(
    `INSERT INTO auth_users (id, username, email) VALUES (gen_random_uuid(), $1, 'ada@example.com')`,
    [username],
  );

describe('astra seed', () => {
  it('makes as many users as are asked for, some of each kind', async () => {
    expect(await seed('--users', '3000')).toMatchObject({ exitCode: 0 });
    expect(await count()).toBe(3000);
    expect(await count(`role = 'admin' AND is_active AND deleted_at IS NULL`)).toBeGreaterThan(0);
    for (const some of [
      `role = 'moderator'`,
      'NOT is_active',
      'email_verified_at IS NULL',
      'full_name IS NULL',
      'deleted_at IS NOT NULL',
    ]) {
      const found = await count(some);
      expect(found).toBeGreaterThan(3);
      expect(found).toBeLessThan(1000);
    }
  });

  it('says as whom one can sign in', async () => {
    const { printed } = await seed('--users', '20');
    const [, username] = /^1 with the role admin, such as (.+)$/.exec(printed[0]) ?? [];
    const [, password] = /^All of them have the password (.+)$/.exec(printed.at(-1) ?? '') ?? [];
    const app = await TestService.start({ on: database });
    try {
      const { access_token } = await app.signIn({ username, password });
      expect(await app.get('/admin/users', access_token)).toMatchObject({ status: 200 });
    } finally {
      await app.stop();
    }
  });

  it('makes the same people of the same number', () => {
    const make = (number: number) => [
      ...madeUpUsers({ count: 500, seed: number, passwordHash: null, deletedAt: new Date(0) }),
    ];
    expect(make(7)).toEqual(make(7));
    expect(make(7)[17].username).not.toBe(make(8)[17].username);
  });

  it('refuses in production', async () => {
    expect(await runAstra(database, ['seed', '--users', '5'], PRODUCTION)).toEqual({
      exitCode: 1,
      printed: [],
      noticed: ['Made-up users are not allowed in production (NODE_ENV).'],
    });
    expect(await count()).toBe(0);
  });

  it('refuses where there are accounts that may be people, unless told otherwise', async () => {
    await addSomebody('ada');
    const { exitCode, noticed } = await seed('--users', '5');
    expect([exitCode, noticed[0]]).toEqual([
      1,
      expect.stringMatching(
        /^The database contains accounts that seed did not create: 1 \(.+:\d+\)\..*--force /,
      ),
    ]);
    expect(await count()).toBe(1);

    expect(await seed('--users', '5', '--force')).toMatchObject({ exitCode: 0 });
    expect(await count()).toBe(6);
  });

  it('refuses where it has been before, and says how to begin anew', async () => {
    await seed('--users', '5');
    const { exitCode, noticed } = await seed('--users', '5', '--force');
    expect([exitCode, noticed[0]]).toEqual([1, expect.stringContaining('DELETE FROM auth_users WHERE')]);
    expect(await count()).toBe(5);
  });

  it('makes all of them or none', async () => {
    const [{ username }] = madeUpUsers({ count: 1, seed: 1, passwordHash: null, deletedAt: new Date() });
    await addSomebody(username);
    const { exitCode, noticed } = await seed('--users', '5', '--force');
    expect([exitCode, noticed.at(-1)]).toEqual([1, expect.stringContaining('auth_users_username_key')]);
    expect(await count()).toBe(1);
  });

  it.each([
    ['without a number of users', [], '--users must be a whole number'],
    ['with a number that is none', ['--users', '1e6'], '--users must be a whole number'],
    ['with an option that there is not', ['--user', '5'], "Unknown option '--user'"],
  ])('refuses to begin %s', async (_, args, sentence) => {
    const { exitCode, noticed } = await seed(...args);
    expect([exitCode, noticed[0]]).toEqual([1, expect.stringContaining(sentence)]);
  });
});
