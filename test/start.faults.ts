import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './support/program.js';
import { SECRET_KEY } from './support/test-service.js';

describe('a start without its database', () => {
  let folder: string;
  let silent: Server;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'astra-start-'));
    silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    silent.close();
    await rm(folder, { recursive: true });
  });

  it('ends after a minute with one line, whether the server refuses or says nothing', async () => {
    const silentPort = (silent.address() as AddressInfo).port;
    const ends = await Promise.all(
      [1, silentPort].map(async (port) => {
        const begun = performance.now();
        const program = Program.start('main.ts', [], {
          ...{ SECRET_KEY, DATA_DIR: folder, PORT: '0' },
          ...{ POSTGRES_HOST: '127.0.0.1', POSTGRES_PORT: String(port), POSTGRES_PASSWORD: 'canary' },
        });
        const exitCode = await program.exit;
        return { exitCode, seconds: (performance.now() - begun) / 1000, output: program.output };
      }),
    );
    console.log(`Gave up after ${ends.map(({ seconds }) => seconds.toFixed(1)).join(' and ')} s`);
    for (const { exitCode, seconds, output } of ends) {
      expect(exitCode).toBe(1);
      expect(seconds).toBeGreaterThan(59);
      expect(seconds).toBeLessThan(80);
      expect(output.trim().split('\n')).toEqual([
        expect.stringMatching(/The database is not responding yet \(.+\)\. Retrying for up to a minute$/),
        expect.stringMatching(
          /The database cannot be used: .+\. Check POSTGRES_HOST and POSTGRES_PORT, that the server is running, and that it is reachable\.$/,
        ),
      ]);
      expect(output).not.toContain('canary');
    }
  }, 120_000);
});
