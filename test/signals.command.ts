import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Program } from './support/program.js';
import { connectionUrl, TestDatabase } from './support/test-database.js';
import { SECRET_KEY } from './support/test-service.js';

let folder: string;
let away: Record<string, string>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astra-signals-'));
  away = { SECRET_KEY, DATA_DIR: folder, PORT: '0', POSTGRES_HOST: '127.0.0.1', POSTGRES_PORT: '1' };
});
afterAll(() => rm(folder, { recursive: true }));

const waits = /(is not responding yet)/;

describe('SIGTERM', () => {
  it.each(['main.ts', 'cli.ts'])('ends a start that waits for its database, by %s', async (script) => {
    const program = Program.start(script, [], away);
    await program.says(waits);
    const from = performance.now();
    program.terminate();
    expect(await program.exit).toBe(0);
    expect(performance.now() - from).toBeLessThan(5_000);
    expect(program.output).not.toMatch(/^ +at /m);
  });

  it.each([['migrate'], ['create-admin', '--username', 'ada', '--email', 'ada@example.com'], ['work']])(
    'ends the command %s, which says by its exit code that it was not done',
    async (...argv) => {
      const program = Program.start('cli.ts', argv, away, 'Analytical1');
      await program.says(waits);
      program.terminate();
      expect(await program.exit).toBe(128 + 15);
    },
  );

  it('lets a worker finish as soon as it can have taken a job, before it has started all kinds of them', async () => {
    const database = await TestDatabase.create();
    const program = Program.start('cli.ts', ['work'], {
      ...{ SECRET_KEY, DATA_DIR: folder, DATABASE_URL: connectionUrl(database.connection) },
      LOG_LEVEL: 'debug',
    });
    await program.says(/(Starting Nest application)/);
    program.terminate();
    expect(await program.exit).toBe(0);
    expect(program.output).toContain('Running the jobs of the queue');
    await database.drop();
  });

  it.each(['main.ts', 'cli.ts'])('is heard before %s has loaded anything else', async (script) => {
    const source = await readFile(new URL(`../src/${script}`, import.meta.url), 'utf8');
    // What is imported by a statement is loaded before the first line runs.
    const loaded = [...source.matchAll(/^import .* from '(.*)';$/gm)].map(([, path]) => path);
    expect(loaded).toEqual(['./service/stop-signals.js']);
    const first = await readFile(new URL('../src/service/stop-signals.ts', import.meta.url), 'utf8');
    expect(first).not.toMatch(/^import/m);
  });

  it('has a service say that it is not ready first, and serve on until load balancers know', async () => {
    const database = await TestDatabase.create();
    const { password = '' } = database.connection;
    const program = Program.start('main.ts', [], {
      ...{ SECRET_KEY, DATA_DIR: folder, PORT: '0', DATABASE_URL: connectionUrl(database.connection) },
      ...{ SHUTDOWN_DELAY_SECONDS: '4' },
    });
    const url = new URL(await program.says(/API +(\S+)/)).origin;
    /** On a connection of its own. */
    const ask = async (path: string) =>
      (await fetch(url + path, { headers: { connection: 'close' } })).status;
    expect(await ask('/health/ready')).toBe(200);
    const from = performance.now();
    program.terminate();
    await sleep(200);
    while (performance.now() - from < 2_500) {
      expect([await ask('/health/ready'), await ask('/health/live'), await ask('/')]).toEqual([
        503, 200, 200,
      ]);
      await sleep(100);
    }
    expect(await program.exit).toBe(0);
    expect(performance.now() - from).toBeLessThan(30_000);
    await expect(ask('/')).rejects.toThrow();
    expect(program.output).not.toContain(password || SECRET_KEY);
    await database.drop();
  }, 60_000);
});
