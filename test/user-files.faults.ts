import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CuttableProxy } from './support/cuttable-proxy.js';
import { eventually } from './support/eventually.js';
import { Program } from './support/program.js';
import { runAstra } from './support/run-astra.js';
import { type Connection, connectionUrl, TestDatabase } from './support/test-database.js';
import { SECRET_KEY } from './support/test-service.js';

const COUNT = 50_000;
const password_hash =
  '$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$jIldYQmJou8nVLx7UOmlHKx5vTMrXVZjEPoQLy4grro';
/** About 10 MB; all records in memory at once would be thrice that. */
const lines = Array.from({ length: COUNT }, (_, i) =>
  JSON.stringify({
    username: `user.${i}`,
    email: `user.${i}@example.com`,
    full_name: `Number ${i}`,
    password_hash,
  }),
).join('\n');

const number = (count: number) => count.toLocaleString('en');

let database: TestDatabase;
let folder: string;
let file: string;
beforeEach(async () => {
  database = await TestDatabase.create();
  folder = await mkdtemp(join(tmpdir(), 'astra-users-'));
  file = join(folder, 'users.jsonl');
  await writeFile(file, lines);
});
afterEach(async () => {
  await database.drop();
  await rm(folder, { recursive: true });
});

/** Runs a command in a process that has little memory: the program itself takes more than 60 MB of it. */
function astra(args: string[], input?: string, via: Partial<Connection> = {}): Program {
  const env = {
    ...{ SECRET_KEY, DATA_DIR: folder, NODE_OPTIONS: '--max-old-space-size=80 --max-semi-space-size=4' },
    DATABASE_URL: connectionUrl({ ...database.connection, ...via }),
  };
  return Program.start('cli.ts', args, env, input);
}

const someAccount = () => database.query('SELECT id FROM auth_users LIMIT 1');

describe('many accounts', () => {
  it('go in and out in little memory', async () => {
    const imported = astra(['users', 'import', '-'], lines);
    expect([await imported.exit, imported.output]).toEqual([0, expect.stringContaining('50,000 added')]);

    const out = join(folder, 'out.csv');
    const exported = astra(['users', 'export', '--file', out]);
    expect([await exported.exit, exported.output]).toEqual([
      0,
      expect.stringContaining('Wrote 50,000 accounts'),
    ]);
    const written = (await readFile(out, 'utf8')).trimEnd().split('\r\n');
    expect(written).toHaveLength(1 + COUNT);
    expect(new Set(written).size).toBe(1 + COUNT);

    const stopped = astra([
      'users',
      'export',
      '--with-password-hashes',
      '--file',
      join(folder, 'stopped.csv'),
    ]);
    await eventually(async () => expect((await readdir(folder)).join()).toContain('stopped.csv.'), 30_000);
    stopped.terminate();
    expect(await stopped.exit).toBe(1);
    expect((await readdir(folder)).join()).not.toContain('stopped');

    const shown = astra(['users', 'export']);
    expect(await shown.exit).toBe(0);
    expect(shown.printed.match(/^\{"id":.*\}$/gm)).toHaveLength(COUNT);
  }, 300_000);

  it('stay where they are when the database goes away, and whoever imports is told what to do', async () => {
    const proxy = await CuttableProxy.to(database.connection);
    try {
      const imported = astra(['users', 'import', file], '', proxy.address);
      await eventually(async () => expect(await someAccount()).toHaveLength(1), 30_000);
      proxy.cut();
      expect(await imported.exit).toBe(1);
      expect(imported.output).toMatch(
        /^The connection to the database was lost: .*\. Accounts added so far are kept\. Import the same file again\.$/m,
      );
    } finally {
      await proxy.close();
    }
  }, 120_000);

  it('are all there after a break and the same import again', async () => {
    const first = astra(['users', 'import', file]);
    await eventually(async () => expect(await someAccount()).toHaveLength(1), 30_000);
    first.terminate();
    expect(await first.exit).not.toBe(0);

    const [{ before, told }] = await database.query<{ before: number; told: number }>(
      `SELECT (SELECT count(*)::int FROM auth_users) AS before,
              (SELECT count(*)::int FROM auth_audit_events WHERE type = 'user_created') AS told`,
    );
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(COUNT);
    expect(told).toBe(before);

    const second = astra(['users', 'import', file]);
    expect(await second.exit).toBe(0);
    expect(second.output).toContain(
      `${number(COUNT - before)} added, ${number(before)} already present, 0 refused.`,
    );
    expect(await runAstra(database, ['audit', 'verify'])).toMatchObject({ exitCode: 0 });
  }, 300_000);
});
