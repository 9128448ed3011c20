import { DataSource } from 'typeorm';
import { Role } from '../src/settings/role.js';
import { dataSourceOptions } from '../src/schema/data-source-options.js';
import { type UserFilter, UserDirectory } from '../src/users/directory/user-directory.js';
import { matchesByRange, sortMatches } from '../src/users/directory/sorted-matches.js';
import { orderOf, type UserPosition, type UserSort, userSorts } from '../src/users/directory/user-order.js';
import { User } from '../src/users/user.entity.js';
import { runAstra } from './support/run-astra.js';
import { TestDatabase } from './support/test-database.js';

const USERS = 20_000;

let database: TestDatabase;
let db: DataSource;
beforeAll(async () => {
  database = await TestDatabase.create();
  const { exitCode, noticed } = await runAstra(database, ['seed', '--users', String(USERS)]);
  if (exitCode !== 0) throw new Error(noticed.join('\n'));
  db = await new DataSource(dataSourceOptions(database.connection)).initialize();
});
afterAll(async () => {
  await db.destroy();
  await database.drop();
});

/** What many have and what few have, of any length, in any script, with and without letters; what nobody has. */
const texts = [
  ...[
    'anna',
    'ANNA',
    'the_real',
    'northwind',
    'seed.example',
    'qvx',
    'bauer',
    'xanthippe',
    "o'br",
    'grace hopper',
  ],
  ...[
    'anna.smith',
    'müller',
    '山田 太',
    'bauer12',
    'a.b',
    '999',
    '19999',
    'smith@',
    '.SEED',
    'x'.repeat(100),
  ],
  ...[
    'a',
    'q',
    'an',
    'qu',
    'zq',
    '9',
    '@',
    '_',
    '.',
    "'",
    ' ',
    'é',
    'ø',
    '山',
    '🌻',
    '%',
    '\\',
    '"',
    ':*',
    '&',
    '%%%',
    '\\\\\\',
  ],
];

const filters: UserFilter[] = [
  {},
  { role: Role.Moderator },
  { isActive: false },
  { emailVerified: false, isActive: false },
  { isDeleted: true },
];

/** The same, but found by looking at every user. */
async function search({ q = '', ...filter }: UserFilter, sort: UserSort): Promise<string[]> {
  const conditions = [
    filter.isDeleted ? 'deleted_at IS NOT NULL' : 'deleted_at IS NULL',
    filter.role ? `role = '${filter.role}'` : 'true',
    filter.isActive === false ? 'NOT is_active' : 'true',
    filter.emailVerified === false ? 'email_verified_at IS NULL' : 'true',
  ];
  const key = sort.endsWith('username') ? 'lower(username)' : 'created_at';
  const direction = sort.startsWith('-') ? 'DESC' : 'ASC';
  const found = await database.query<{ id: string }>(
    `SELECT id FROM auth_users
      WHERE ${conditions.join(' AND ')}
        AND (position(lower($1) IN lower(username)) > 0 OR position(lower($1) IN lower(email)) > 0
             OR position(lower($1) IN lower(full_name)) > 0)
      ORDER BY ${key} ${direction}, id ${direction}`,
    [q],
  );
  return found.map(({ id }) => id);
}

describe('a search among many users', () => {
  it.each(texts)('finds %j wherever it stands, in order, page by page', async (q) => {
    const directory = new UserDirectory(db.getRepository(User));
    for (const [i, filter] of filters.entries()) {
      const sort = (['-created_at', 'username', 'created_at', '-username'] as const)[(i + q.length) % 4];
      const expected = await search({ ...filter, q }, sort);
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await directory.list({ ...filter, q }, sort, { limit: 50, cursor });
        found.push(...page.items.map(({ id }) => id));
        if (!page.totalIsEstimate) expect(page.total).toBe(expected.length);
        else expect(expected.length).toBeGreaterThan(1000);
        cursor = page.nextCursor ?? undefined;
      } while (cursor && found.length < 300);
      expect(found).toEqual(expected.slice(0, cursor ? found.length : undefined));
    }
  });

  it.each(texts)('finds %j range by range as well, however many match in a range', async (q) => {
    const users = db.getRepository(User);
    const listed = (isDeleted = false) =>
      isDeleted
        ? users.createQueryBuilder('user').withDeleted().where('user.deleted_at IS NOT NULL')
        : users.createQueryBuilder('user').where('true');
    const ranges = { most: 60, rest: 3_000, mostInRest: 300 };
    for (const [i, sort] of userSorts.entries()) {
      const isDeleted = i === q.length % 4;
      const expected = await search({ q, isDeleted }, sort);
      const matching = listed(isDeleted).andWhere('position(auth_fold(:text) IN user.search_text) > 0', {
        text: q,
      });
      // From the beginning, and after a match in the middle.
      for (const before of [0, Math.ceil(expected.length / 2)]) {
        const order = orderOf(sort);
        const [last] =
          before === 0
            ? []
            : await listed(isDeleted)
                .select(order.keyText, 'key')
                .addSelect('user.id', 'id')
                .andWhere('user.id = :id', { id: expected[before - 1] })
                .getRawMany<UserPosition>();
        const part = { order, limit: 50, last };
        const { page } = await sortMatches(matching, part, ranges.most + 1);
        for (const [first, some] of [
          [300, []],
          [50, page],
        ] as const) {
          const ids = await matchesByRange(matching, listed(isDeleted), part, { ...ranges, first }, some);
          expect(ids).toEqual(expected.slice(before, before + 50));
        }
      }
    }
  });

  it('never reads the whole table', async () => {
    const scans = async () => {
      const [{ seq_scan }] = await database.query<{ seq_scan: string }>(
        `SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'auth_users'`,
      );
      return Number(seq_scan);
    };
    const before = await scans();
    // Postgres tells what a connection did when it ends, at the latest.
    const searching = await new DataSource(dataSourceOptions(database.connection)).initialize();
    const directory = new UserDirectory(searching.getRepository(User));
    for (const q of texts)
      for (const sort of ['-created_at', 'username'] as const)
        await directory.list({ q }, sort, { limit: 20 });
    await searching.destroy();
    expect(await scans()).toBe(before);
  });

  it('finds many who stand together at the end of the list', async () => {
    const q = 'zebrafinch';
    await database.query(
      `UPDATE auth_users SET full_name = 'Zebrafinch' WHERE id IN (
         SELECT id FROM auth_users WHERE deleted_at IS NULL ORDER BY username_key DESC LIMIT 10200)`,
    );
    const expected = await search({ q }, 'username');
    expect(expected.length).toBe(10200);
    const directory = new UserDirectory(db.getRepository(User));
    const { items, total } = await directory.list({ q }, 'username', { limit: 50 });
    expect(items.map(({ id }) => id)).toEqual(expected.slice(0, 50));
    expect(total).toBeGreaterThan(1000);
  });
});
