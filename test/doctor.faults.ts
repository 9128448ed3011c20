import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './support/program.js';
import { RedisServer } from './support/redis-server.js';
import { runAstra } from './support/run-astra.js';
import { TestDatabase } from './support/test-database.js';

/** Takes connections and says nothing. */
async function startSilentServer(): Promise<{ server: Server; port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined))).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { server, port: (server.address() as AddressInfo).port, close };
}

describe('astra doctor', () => {
  it('ends, as a process as well, where every server takes connections and says nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'astra-doctor-'));
    const silent = await startSilentServer();
    try {
      const startedAt = performance.now();
      const doctor = Program.start('cli.ts', ['doctor'], {
        DATA_DIR: folder,
        SECRET_KEY: 'a secret key for tests, of enough bytes',
        DATABASE_URL: `postgres://ada:canary@127.0.0.1:${silent.port}/astra`,
        REDIS_URL: `redis://:canary@127.0.0.1:${silent.port}`,
        SMTP_URL: `smtp://ada:canary@127.0.0.1:${silent.port}`,
      });
      expect(await doctor.exit).toBe(1);
      expect(performance.now() - startedAt).toBeLessThan(40_000);
      for (const name of ['Database', 'Redis', 'Mail'])
        expect(doctor.output).toMatch(
          new RegExp(`^✗ ${name} .*(cannot be used|not available|no answer)`, 'm'),
        );
      expect(doctor.output).toContain('- Skipped because of the failures above');
      expect(doctor.output).not.toContain('canary');
    } finally {
      silent.close();
      await rm(folder, { recursive: true });
    }
  });

  it('asks Redis', async () => {
    const database = await TestDatabase.create();
    const redis = await RedisServer.start();
    try {
      const { printed } = await runAstra(database, ['doctor'], { REDIS_URL: redis.url });
      expect(printed).toContainEqual(expect.stringMatching(/^✓ Redis +127\.0\.0\.1, answers in [\d.]+ ms$/));
      redis.suspend();
      const hung = await runAstra(database, ['doctor'], { REDIS_URL: redis.url });
      expect(hung.exitCode).toBe(1);
      expect(hung.printed.filter((line) => line.includes('Redis'))).toContainEqual(
        expect.stringMatching(/^✗ Redis +not available/),
      );
    } finally {
      await redis.stop();
      await database.drop();
    }
  });
});
