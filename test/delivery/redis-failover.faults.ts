import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimitsService } from '../../src/rate-limit/rate-limits.service.js';
import { eventually } from '../support/eventually.js';
import { type RedisGroup, startCluster, startSentinel } from '../support/redis-groups.js';
import type { RedisServer } from '../support/redis-server.js';
import { TestService } from '../support/test-service.js';

/** How soon after the crash of a master it counts for all instances again, in ms. */
const RECOVERY = 15_000;

let clients = 0;
const newClient = () => `198.51.100.${++clients % 250}`;

/** How many counters a server has. */
const countersOf = async (server: RedisServer) =>
  ((await server.command('KEYS', 'astra:*')) as unknown[]).length;

describe.each<[string, () => Promise<RedisGroup>]>([
  ['behind Sentinel', startSentinel],
  ['in a cluster', startCluster],
])('a master of Redis %s that is killed under load', (name, startGroup) => {
  let group: RedisGroup;
  let service: TestService;
  beforeAll(async () => {
    group = await startGroup();
    service = await TestService.start({
      rateLimit: true,
      trustedProxies: ['127.0.0.1'],
      redisUrl: group.url,
    });
  }, 60_000);
  afterAll(async () => {
    await service.stop();
    await group.stop();
  }, 60_000);

  const attempt = (ip: string) =>
    service.request('POST', '/auth/login', { body: {}, headers: { 'x-forwarded-for': ip } });

  it('fails no request, and is replaced within seconds, while the process counts on its own', async () => {
    const limits = service.app.get(RateLimitsService, { strict: false });
    await eventually(async () => expect(limits.isDegraded).toBe(false), 20_000);
    const statuses: number[] = [];
    let isStopped = false;
    const load = Promise.all(
      Array.from({ length: 2 }, async () => {
        while (!isStopped) {
          statuses.push((await attempt(newClient())).status);
          await sleep(10);
        }
      }),
    );
    await eventually(async () => expect(await countersOf(group.master)).toBeGreaterThan(3), 20_000);

    const killedAt = performance.now();
    await group.master.kill();
    // A new master takes writes once each of many clients is counted by the servers that are left.
    const took = await eventually(async () => {
      const before = await Promise.all(group.others.map((server) => server.command('DBSIZE')));
      const ips = Array.from({ length: 12 }, newClient);
      for (const ip of ips) await attempt(ip);
      const after = await Promise.all(group.others.map((server) => server.command('DBSIZE')));
      const grown = after.reduce((sum: number, size, i) => sum + Number(size) - Number(before[i]), 0);
      expect(grown).toBeGreaterThanOrEqual(ips.length);
      expect(limits.isDegraded).toBe(false);
      return performance.now() - killedAt;
    }, RECOVERY);
    isStopped = true;
    await load;
    console.log(`Redis ${name}: ${statuses.length} attempts, counted again after ${Math.round(took)} ms`);
    // Nobody was refused for want of Redis: it is the input that is wrong.
    expect(new Set(statuses)).toEqual(new Set([422]));

    const ip = '203.0.113.7';
    for (let i = 0; i < 30; i++) expect((await attempt(ip)).status).toBe(422);
    expect((await attempt(ip)).status).toBe(429);
  }, 90_000);

  it('hangs, and holds up no request', async () => {
    const limits = service.app.get(RateLimitsService, { strict: false });
    const [hanging] = group.others;
    hanging.suspend();
    try {
      const from = performance.now();
      for (let i = 0; i < 20; i++) expect((await attempt(newClient())).status).toBe(422);
      // Each command is given up after 100 ms, and those after it are not sent.
      expect(performance.now() - from).toBeLessThan(8_000);
      expect(limits.isDegraded).toBe(true);
    } finally {
      await hanging.restore();
    }
    await eventually(async () => {
      expect(limits.isDegraded).toBe(false);
      const before = Number(await hanging.command('DBSIZE'));
      for (let i = 0; i < 12; i++) await attempt(newClient());
      expect(Number(await hanging.command('DBSIZE'))).toBeGreaterThan(before);
    }, RECOVERY);
  }, 60_000);
});
