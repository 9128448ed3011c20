import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuid } from 'uuid';
import { hashSchemes } from '../src/auth/passwords/hashing/password-hash.js';
import type { UserRecord } from '../src/users/bulk/users-in-bulk.js';
import { runAstra } from './support/run-astra.js';
import { TestDatabase } from './support/test-database.js';
import { TestService } from './support/test-service.js';

const PASSWORD = 'Test1234';
/** Of that password, each made by another program. */
const hashes = {
  passlib: '$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$jIldYQmJou8nVLx7UOmlHKx5vTMrXVZjEPoQLy4grro',
  django: 'pbkdf2_sha256$29000$abcdefghijkl$sKkQC6TEOdXtNSRukAf6UOkHWiyyMPjJmwwnjFVtvp4=',
  argon2id: await hashSchemes.argon2id.hash(PASSWORD),
  bcrypt: '$2y$04$i0lN0TSLkGUcIeJ4B9q3uux6oQiibikZUD45SH7xx9WMp1d58g2Gy',
};

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await TestDatabase.create();
});
beforeEach(async () => {
  await database.query('DELETE FROM auth_users');
  folder = await mkdtemp(join(tmpdir(), 'astra-users-'));
});
afterEach(() => rm(folder, { recursive: true }));
afterAll(() => database.drop());

const users = (...args: string[]) => runAstra(database, ['users', ...args]);

/** Imports lines of a file, objects as JSON. */
async function importLines(lines: (string | object)[], ...options: string[]) {
  const file = join(folder, 'in.jsonl');
  await writeFile(
    file,
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`),
  );
  const { exitCode, printed, noticed } = await users('import', file, ...options);
  return { exitCode, printed, noticed: noticed.filter((line) => !/^(Importing|Checking) /.test(line)) };
}

const stored = () => database.query<UserRecord>('SELECT * FROM auth_users ORDER BY username');

/** In the order of their names. */
async function storedHashes(): Promise<(string | null)[]> {
  const rows = await database.query<{ hash: string | null }>(
    'SELECT hashed_password AS hash FROM auth_users ORDER BY username',
  );
  return rows.map(({ hash }) => hash);
}

const person = (username: string, more: object = {}) => ({
  username,
  email: `${username}@example.com`,
  ...more,
});

describe('users export and import', () => {
  it.each(['jsonl', 'csv'])('carry all accounts to another database, to the byte, as %s', async (format) => {
    await importLines([
      ...Object.entries(hashes).map(([username, password_hash]) => person(username, { password_hash })),
      person('chief', {
        role: 'admin',
        email_verified: true,
        created_at: '2019-02-28T23:59:59.123456-05:00',
      }),
      person('-gone', { is_active: false, full_name: '=HYPERLINK("http://evil.example")' }),
      { username: 'Mixed.Case', email: '=1+1@Example.COM', full_name: `"O'Neill", \\ 'Ἀδα' 🧮` },
      person('deleted'),
    ]);
    await database.query(`UPDATE auth_users SET deleted_at = now() WHERE username = 'deleted'`);
    const there = join(folder, `there.${format}`);
    const back = join(folder, `back.${format}`);
    expect(await users('export', '--with-password-hashes', '--file', there)).toMatchObject({ exitCode: 0 });

    const other = await TestDatabase.create();
    try {
      expect(await runAstra(other, ['users', 'import', there])).toMatchObject({
        exitCode: 0,
        printed: [
          '7 added, 0 already present, 0 refused.',
          expect.stringMatching(/^Without a password: 3\./),
        ],
      });
      await runAstra(other, ['users', 'export', '--with-password-hashes', '--file', back]);
      expect(await readFile(back, 'utf8')).toBe(await readFile(there, 'utf8'));
      expect(await readFile(back, 'utf8')).toContain('2019-03-01T04:59:59.123456Z');
    } finally {
      await other.drop();
    }
  });
});

describe('users export', () => {
  it('writes no password hashes unless it is asked to, and what it writes is for its owner only', async () => {
    await importLines([person('ada', { password_hash: hashes.bcrypt })]);
    const file = join(folder, 'out.csv');
    const { noticed } = await users('export', '--file', file);
    expect(noticed.at(-1)).toBe(
      `Wrote 1 account to ${file}, without password hashes. The export contains personal data.`,
    );
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).not.toContain('$2y$');

    // Into the place of a file that others may read.
    await writeFile(file, '', { mode: 0o644 });
    await rm(file);
    const withHashes = await users('export', '--file', file, '--with-password-hashes');
    expect(withHashes.noticed.at(-1)).toContain('with their password hashes');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toContain(hashes.bcrypt);
    expect(await readdir(folder)).toEqual(['in.jsonl', 'out.csv']);
  });

  it('is audited, with or without hashes', async () => {
    await users('export', '--file', join(folder, 'a'));
    await users('export', '--file', join(folder, 'b'), '--with-password-hashes');
    const events = await database.query(`SELECT type, data FROM auth_audit_events ORDER BY id DESC LIMIT 2`);
    expect(events).toEqual([
      { type: 'sensitive_read', data: { reason: 'export_with_hashes' } },
      { type: 'sensitive_read', data: { reason: 'export' } },
    ]);
  });

  it.each([
    [['--format', 'xml'], '--format must be jsonl or csv.'],
    [['--file', '/nowhere/at/all.csv'], 'ENOENT'],
    [['--fields', 'all'], '--fields'],
  ])('is refused with %j', async (options, message) => {
    const { exitCode, noticed } = await users('export', ...options);
    expect({ exitCode, last: noticed.at(-1) }).toEqual({
      exitCode: 1,
      last: expect.stringContaining(message),
    });
  });
});

describe('users import', () => {
  it('has people sign in with their old passwords, and nobody without one', async () => {
    await importLines([
      ...Object.entries(hashes).map(([username, password_hash]) => person(username, { password_hash })),
      person('nobody'),
    ]);
    const service = await TestService.start({ on: database });
    try {
      for (const username of Object.keys(hashes)) await service.signIn({ username, password: PASSWORD });
      const attempt = { username: 'nobody', password: PASSWORD };
      expect((await service.post('/auth/login', attempt)).status).toBe(401);
    } finally {
      await service.stop();
    }
  });

  it('adds whose hash it cannot check, without a password, if that is asked for', async () => {
    const [unknown, known] = ['{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=', hashes.bcrypt];
    const lines = [person('ada', { password_hash: unknown }), person('bob', { password_hash: known })];
    expect(await importLines(lines, '--without-unknown-hashes')).toMatchObject({
      exitCode: 0,
      printed: ['2 added, 0 already present, 0 refused.', expect.stringMatching(/^Without a password: 1\./)],
    });
    expect(await storedHashes()).toEqual([null, known]);
  });

  it.each([
    [
      'PBKDF2',
      { hashIterations: 27_500, algorithm: 'pbkdf2-sha256', additionalParameters: {} },
      'MDEyMzQ1Njc4OWFiY2RlZg==',
      'hkgHAfRjWLgvT0p7XPRWf2mvfacagRkBUARnq6O3lTvfOX6IWMEQ1YIP5beeD9ZJ3vuHo6MYbIcF4JX9PMJvIw==',
    ],
    [
      'argon2',
      {
        ...{ hashIterations: 1, algorithm: 'argon2' },
        additionalParameters: {
          ...{ hashLength: ['32'], memory: ['64'], type: ['i'], version: ['1.3'], parallelism: ['1'] },
        },
      },
      'MDEyMzQ1Njc4OWFiY2RlZg==',
      'm7Hlyn2wE1dqDi8EhaozzACkfU+26xSYPY6Q3SV9OfA=',
    ],
  ])(
    "takes a credential of Keycloak's export (%s), as an object or as its text",
    async (_, data, salt, value) => {
      const credential = {
        ...{ id: '3f3e3d3c', type: 'password', createdDate: 1_700_000_000_000 },
        secretData: JSON.stringify({ value, salt, additionalParameters: {} }),
        credentialData: JSON.stringify(data),
      };
      const lines = [
        person('ada', { password_hash: credential }),
        person('bob', { password_hash: JSON.stringify(credential) }),
        person('eve', { password_hash: { ...credential, credentialData: '{"algorithm":"md5"}' } }),
      ];
      expect((await importLines(lines)).printed[0]).toBe('2 added, 0 already present, 1 refused.');
      const service = await TestService.start({ on: database });
      try {
        for (const username of ['ada', 'bob']) await service.signIn({ username, password: 'pässwörd' });
        // Of today's scheme from then on.
        for (const hash of await storedHashes()) expect(hash).toMatch(/^\$argon2id\$/);
      } finally {
        await service.stop();
      }
    },
  );

  it('keeps what a file says of an account, and fills in the rest', async () => {
    const id = uuid();
    await importLines([
      person('ada', {
        id: id.toUpperCase(),
        full_name: ' Ada ',
        role: 'moderator',
        is_active: false,
        email_verified_at: '2020-01-01 10:00:00+01',
        created_at: '2019-12-31T12:00:00Z',
        updated_at: '2020-01-02T12:00:00.5+00:00',
      }),
      person('bob', { full_name: '', role: null }),
    ]);
    const [ada, bob] = await stored();
    expect(ada).toMatchObject({
      id,
      full_name: 'Ada',
      role: 'moderator',
      is_active: false,
      email_verified_at: new Date('2020-01-01T09:00:00Z'),
      created_at: new Date('2019-12-31T12:00:00Z'),
      updated_at: new Date('2020-01-02T12:00:00.5Z'),
    });
    expect(bob).toMatchObject({ full_name: null, role: 'user', is_active: true, email_verified_at: null });
  });

  it('names each line and field that it refuses, never a value, and adds the others', async () => {
    const outcome = await importLines([
      person('ada', { password_hash: 'canary' }),
      '{"username": "canary", ',
      person('bob', { id: 'canary', role: 'king', is_active: 'yes' }),
      person('carol', { password: 'Canary123' }),
      person('dave', { shoe_size: 43, created_at: '2026-02-30T00:00:00Z', updated_at: '2026-01-01' }),
      person('erin', { password_hash: `$pbkdf2-sha256$9000000$${hashes.passlib.slice(21)}` }),
      person('frank', { full_name: 'a\0b' }),
      '["canary"]',
      person('grace'),
    ]);
    const badHash = expect.stringMatching(/password_hash: This hash is not supported: its format is unknown/);
    expect(outcome).toEqual({
      exitCode: 1,
      printed: ['1 added, 0 already present, 8 refused.', expect.any(String)],
      noticed: [
        badHash,
        'line 2: This line is not a JSON object.',
        'line 3: id: The id must be a UUID.',
        'line 3: role: The role must be one of: admin, moderator, user.',
        'line 3: is_active: This must be true or false.',
        expect.stringMatching(/^line 4: password: Plain-text passwords are not accepted\. Use password_hash/),
        'line 5: shoe_size: This field is not allowed.',
        'line 5: created_at: This must be a UTC timestamp such as 2026-11-22T10:00:00Z.',
        'line 5: updated_at: This must be a UTC timestamp such as 2026-11-22T10:00:00Z.',
        badHash,
        'line 7: full_name: This text contains a character that cannot be stored.',
        'line 8: This must be an object.',
      ],
    });
    expect(JSON.stringify(outcome)).not.toMatch(/canary|9000000/i);
    expect((await stored()).map(({ username }) => username)).toEqual(['grace']);
  });

  it('keeps all that it refuses in a file, and shows the beginning', async () => {
    const errors = join(folder, 'errors.txt');
    const lines = Array.from({ length: 500 }, (_, i) =>
      i % 5 === 0 ? person(`person${i}`, { email: '' }) : person(`person${i}`),
    );
    const { noticed, printed } = await importLines(lines, '--errors', errors);
    expect(printed[0]).toBe('400 added, 0 already present, 100 refused.');
    expect(noticed.pop()).toBe(`and 80 more: ${errors}`);
    expect(noticed).toHaveLength(20);
    const kept = (await readFile(errors, 'utf8')).trimEnd().split('\n');
    expect(kept).toHaveLength(100);
    expect(kept.slice(0, 20)).toEqual(noticed);
    expect(kept.map((line) => Number(/^line (\d+): email: /.exec(line)?.[1]))).toEqual(
      Array.from({ length: 100 }, (_, i) => 5 * i + 1),
    );
  });

  it('finds what is already present, and what stands in the way', async () => {
    const [ada, gone] = [uuid(), uuid()];
    await importLines([person('ada', { id: ada }), person('bob'), person('gone', { id: gone })]);
    await database.query(`UPDATE auth_users SET deleted_at = now() WHERE username = 'gone'`);
    const before = await stored();
    const lines = [
      person('ada', { id: ada, full_name: 'not changed' }),
      person('BOB'),
      person('ada', { id: uuid() }),
      { ...person('bob'), email: 'other@example.com' },
      { username: 'other', email: 'ADA@example.com' },
      { username: 'ada', email: 'bob@example.com' },
      person('other', { id: ada }),
      person('gone', { id: gone }),
      person('gone'),
      person('new', { id: uuid() }),
      person('new'),
      { ...person('new'), email: 'newer@example.com' },
    ];
    const outcome = await importLines(lines, '--dry-run');
    expect(await stored()).toEqual(before);
    expect(await importLines(lines)).toMatchObject({
      ...outcome,
      printed: ['2 added, 3 already present, 7 refused.', expect.any(String)],
    });
    expect(outcome).toEqual({
      exitCode: 1,
      printed: [
        '2 would be added, 3 already present, 7 refused.',
        expect.stringMatching(/^Without a password: 2/),
        'Nothing was changed.',
      ],
      noticed: [
        'line 3: username: Another account already uses this username.',
        'line 3: email: Another account already uses this email address.',
        'line 4: username: Another account already uses this username.',
        'line 5: email: Another account already uses this email address.',
        'line 6: username: Another account already uses this username.',
        'line 6: email: Another account already uses this email address.',
        'line 7: id: Another account already uses this id.',
        'line 8: id: A deleted account has this id. Restore that account, or omit the id.',
        'line 12: username: Another account already uses this username.',
      ],
    });
  });

  it('is the same done twice; a rehearsal also finds names that are twice in the file, far apart', async () => {
    const lines = Array.from({ length: 530 }, (_, i) => person(`person${i}`));
    const twice = [...lines, person('person0'), { ...person('person1'), email: 'other@example.com' }];
    for (const option of [['--dry-run'], []]) {
      const { printed, noticed } = await importLines(twice, ...option);
      expect(printed[0]).toMatch(/^530 (would be )?added, 1 already present, 1 refused\.$/);
      expect(noticed).toEqual(['line 532: username: Another account already uses this username.']);
    }
    expect(await importLines(lines)).toEqual({
      exitCode: 0,
      printed: ['0 added, 530 already present, 0 refused.'],
      noticed: [],
    });
  });

  it('is audited for each account that came by it', async () => {
    await importLines([
      ...Array.from({ length: 300 }, (_, i) => person(`person${i}`)),
      person('root', { role: 'admin' }),
    ]);
    await importLines([person('last')], '--dry-run');
    const told = await database.query<{ data: object; accounts: number }>(
      `SELECT data::jsonb, count(DISTINCT event.user_id)::int AS accounts
         FROM auth_audit_events event JOIN auth_users account ON account.id = event.user_id
        WHERE type = 'user_created' AND data ->> 'role' = role GROUP BY data::jsonb ORDER BY accounts`,
    );
    expect(told).toEqual([
      { data: { reason: 'import', role: 'admin' }, accounts: 1 },
      { data: { reason: 'import', role: 'user' }, accounts: 300 },
    ]);
    expect(await runAstra(database, ['audit', 'verify'])).toMatchObject({ exitCode: 0 });
  });

  it('sends a link to those who have no password, if it is asked to', async () => {
    const lines = [
      person('ada'),
      person('bob', { is_active: false }),
      person('carol', { password_hash: hashes.bcrypt }),
    ];
    const { printed } = await importLines(lines, '--send-mail');
    expect(printed[1]).toBe('Without a password: 2. Active users receive an email to set one.');
    const jobs = await database.query<{ payload: object }>(
      `SELECT data -> 'payload' AS payload FROM astra_jobs.job WHERE name = 'mail'`,
    );
    expect(jobs).toEqual([
      { payload: expect.objectContaining({ template: 'set-password', to: 'ada@example.com' }) },
    ]);
  });

  it.each([
    [[], 'Specify one file to import, or - for standard input.'],
    [['a', 'b'], 'Specify one file to import, or - for standard input.'],
    [['/nowhere/at/all.csv'], 'ENOENT'],
  ])('is refused with the files %j', async (files, message) => {
    const { exitCode, noticed } = await users('import', ...files);
    expect({ exitCode, last: noticed.at(-1) }).toEqual({
      exitCode: 1,
      last: expect.stringContaining(message),
    });
  });
});
