import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createFastApiDatabase, TEST1234, urlOf } from './support/fastapi-database.js';
import { TestDatabase } from '../support/test-database.js';
import { SECRET_KEY } from '../support/test-service.js';

const USERS = 20_000;
const KILLS = 6;

let original: TestDatabase;
let target: TestDatabase;
beforeAll(async () => {
  original = await createFastApiDatabase([]);
  await original.query(
    `INSERT INTO auth_users (username, email, role, hashed_password, is_active)
     SELECT 'user' || n, 'user' || n || '@example.com', 'user', '${TEST1234}', true FROM generate_series(1, ${USERS}) n`,
  );
  target = await TestDatabase.create();
});
afterAll(async () => {
  await original.drop();
  await target.drop();
});

/** Runs the command as a process of its own. */
function start(args: string[] = [], on = target) {
  const loader = fileURLToPath(new URL('../support/typescript.mjs', import.meta.url));
  const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', '--import', loader, cli, 'import-fastapi'],
      ...['--from', urlOf(original.connection), ...args],
    ],
    {
      env: { PATH: process.env.PATH, SECRET_KEY, DATABASE_URL: urlOf(on.connection), NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  const exit = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
  return { child, exit };
}

/** What is there of accounts; of a batch that was cut off there must be none of it. */
const counts = async () => {
  const [row] = await target.query<{ users: number; origins: number; events: number }>(
    `SELECT (SELECT count(*)::int FROM auth_users) AS users,
            (SELECT count(*)::int FROM auth_imported_users) AS origins,
            (SELECT count(DISTINCT user_id)::int FROM auth_audit_events WHERE type = 'user_created') AS events`,
  );
  return row;
};

it(`takes over ${USERS} users, each once and whole, over ${KILLS} kills`, async () => {
  for (let kill = 0; kill < KILLS; kill++) {
    const { users: before } = await counts();
    const { child, exit } = start(['--batch', '50']);
    const gone = exit.then(() => true);
    // In the middle of a batch, once the first is there.
    while ((await counts()).users === before)
      if (await Promise.race([gone, sleep(5, false)])) throw new Error((await exit).output);
    await sleep(randomInt(0, 100));
    child.kill('SIGKILL');
    await exit;
    const { users, origins, events } = await counts();
    expect({ users: users % 50, origins, events }).toEqual({ users: 0, origins: users, events: users });
    expect(users).toBeLessThan(USERS);
  }

  const { users: left } = await counts();
  const begun = performance.now();
  const { code, output } = await start().exit;
  const seconds = (performance.now() - begun) / 1000;
  console.log(`${USERS - left} users after ${left} that were there, in ${seconds.toFixed(1)} s`);
  expect({ code, output }).toEqual({
    code: 0,
    output: expect.stringContaining(`Imported before: ${left.toLocaleString('en')} users.`),
  });
  expect(await counts()).toEqual({ users: USERS, origins: USERS, events: USERS });

  const again = await start().exit;
  expect(again).toEqual({ code: 0, output: expect.stringContaining('Imported 0 users') });
  expect(await counts()).toEqual({ users: USERS, origins: USERS, events: USERS });
  const [{ missing }] = await target.query(
    `SELECT count(*)::int AS missing FROM generate_series(1, ${USERS}) n
      WHERE NOT EXISTS (SELECT FROM auth_users WHERE username = 'user' || n AND email = 'user' || n || '@example.com')`,
  );
  expect(missing).toBe(0);
}, 300_000);

it('lets only one of two go on that run at the same time', async () => {
  const other = await TestDatabase.create();
  try {
    const ended = await Promise.all([start([], other).exit, start([], other).exit]);
    const [finished, refused] = ended.sort((a, b) => Number(a.code) - Number(b.code));
    expect(finished.code).toBe(0);
    expect(refused).toEqual({
      code: 1,
      output: expect.stringMatching(/^Another import is running\. Try again when it has finished\.$/m),
    });
    const [{ users }] = await other.query('SELECT count(*)::int AS users FROM auth_users');
    expect(users).toBe(USERS);
  } finally {
    await other.drop();
  }
}, 300_000);
