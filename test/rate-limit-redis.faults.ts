import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { RateLimitsService } from '../src/rate-limit/rate-limits.service.js';
import { RedisConnection } from '../src/rate-limit/counters/redis-connection.js';
import { newKey, newPerson } from './support/api-key-holder.js';
import { eventually } from './support/eventually.js';
import { RedisServer } from './support/redis-server.js';
import { ada, TestService } from './support/test-service.js';

describe('with Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());

  /** Three tries: 100 ms are real time, and on a machine that is busy Redis itself may be late. */
  async function play(scenario: () => Promise<void>): Promise<void> {
    for (let left = 2; ; left--) {
      await redis.restore();
      await redis.command('FLUSHALL');
      try {
        return await scenario();
      } catch (error) {
        if (left === 0) throw error;
        // Until all are connected again.
        await sleep(1_500);
      }
    }
  }

  const start = (options: object = {}) =>
    TestService.start({ rateLimit: true, trustedProxies: ['127.0.0.1'], redisUrl: redis.url, ...options });

  let clients = 0;
  const newClient = () => `192.0.2.${++clients}`;
  const attempt = (ip: string, on: TestService, body: object = {}) =>
    on.request('POST', '/auth/login', { body, headers: { 'x-forwarded-for': ip } });

  describe('two instances', () => {
    let a: TestService;
    let b: TestService;
    beforeAll(async () => {
      a = await start();
      b = await start({ on: a.database });
    });
    afterAll(async () => {
      await b.stop();
      await a.stop();
    });

    it('share the limit of an API key', () =>
      play(async () => {
        const { token } = await newKey(a, await newPerson(a));
        const me = (at: TestService) => at.get('/users/me', token);
        // The first request of each instance counts for the IP address, before it knows the key.
        const answers = await Promise.all(Array.from({ length: 700 }, (_, i) => me(i % 2 ? a : b)));
        const admitted = answers.filter(({ status }) => status === 200);
        expect(admitted.length).toBeGreaterThanOrEqual(590);
        expect(admitted.length).toBeLessThanOrEqual(600);
        for (const at of [a, b]) expect((await me(at)).status).toBe(429);
        expect(await redis.command('KEYS', 'astra:api-key:*')).toHaveLength(1);
      }));

    it('share a limit, whose window ends when Redis says so', () =>
      play(async () => {
        const ip = newClient();
        for (let i = 0; i < 30; i++) expect((await attempt(ip, i % 2 ? a : b)).status).toBe(422);
        const [key] = (await redis.command('KEYS', 'astra:sign-in:*')) as string[];
        await redis.command('PEXPIRE', key, '41500');
        for (const instance of [a, b]) {
          const refused = await attempt(ip, instance);
          expect(refused.status).toBe(429);
          const wait = Number(refused.headers.get('retry-after'));
          expect(wait).toBeGreaterThanOrEqual(40);
          expect(wait).toBeLessThanOrEqual(42);
          expect(refused.headers.get('ratelimit')).toBe(`"sign-in";r=0;t=${wait}`);
        }
        expect(await a.database.query('SELECT FROM auth_rate_limits')).toEqual([]);
      }));

    it('begin anew when the window has ended', () =>
      play(async () => {
        const ip = newClient();
        for (let i = 0; i < 30; i++) await attempt(ip, a);
        for (const key of (await redis.command('KEYS', 'astra:sign-in:*')) as string[])
          await redis.command('PEXPIRE', key, '1');
        await eventually(async () => expect(await redis.command('KEYS', 'astra:sign-in:*')).toEqual([]));
        expect((await attempt(ip, a)).headers.get('ratelimit')).toMatch(/^"sign-in";r=29;t=60$/);
      }));

    it('let exactly as many through when 50 try at once', () =>
      play(async () => {
        const ip = newClient();
        const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => attempt(ip, i % 2 ? a : b)));
        expect(answers.filter(({ status }) => status === 422).length).toBe(30);
        expect(answers.filter(({ status }) => status === 429).length).toBe(20);
      }));
  });

  /** Nest's own way to replace the logger. Each application that starts does so too. */
  function collectWarnings(): string[] {
    const warnings: string[] = [];
    Logger.overrideLogger({
      log: () => undefined,
      error: () => undefined,
      warn: (message: string, context: string) => context === 'RateLimitsService' && warnings.push(message),
    });
    return warnings;
  }

  it.each<[string, () => void | Promise<void>]>([
    ['is killed', () => redis.kill()],
    ['hangs', () => redis.suspend()],
  ])(
    'sign-in works on when Redis %s, limits go on in the process, and it comes back',
    (_, end) =>
      play(async () => {
        const service = await start();
        const limits = service.app.get(RateLimitsService, { strict: false });
        const { username, password } = ada;
        const signIn = async () => (await attempt(newClient(), service, { username, password })).status;
        /** How long a try takes, in ms, of which nothing but the counting takes long. */
        const timeOfTry = async () => {
          const from = performance.now();
          expect((await attempt(newClient(), service)).status).toBe(422);
          return performance.now() - from;
        };
        try {
          await service.signUp();
          const warnings = collectWarnings();
          const underWay = Array.from({ length: 5 }, () => signIn());
          await end();
          // A command waits 100 ms at most, and those after it not at all.
          expect(await timeOfTry()).toBeLessThan(500);
          expect(limits.isDegraded).toBe(true);
          expect(await timeOfTry()).toBeLessThan(400);
          expect(await Promise.all([...underWay, signIn()])).toEqual(Array(6).fill(200));

          const ip = newClient();
          for (let i = 0; i < 30; i++) expect((await attempt(ip, service)).status).toBe(422);
          const refused = await attempt(ip, service);
          expect(refused.status).toBe(429);
          expect(refused.headers.get('retry-after')).toMatch(/^(60|59|58)$/);
          expect(warnings).toEqual([
            expect.stringMatching(/^Redis is unavailable, so each process counts on its own: /),
          ]);

          await redis.restore();
          await eventually(async () => expect(limits.isDegraded).toBe(false), 5_000);
          await attempt(newClient(), service);
          const [key] = (await redis.command('KEYS', 'astra:sign-in:*')) as string[];
          expect(await redis.command('GET', key)).toBe('1');
        } finally {
          await service.stop();
        }
      }),
    60_000,
  );

  it('the service works also where Redis was away from the start', async () => {
    const service = await start({ redisUrl: 'redis://127.0.0.1:1' });
    try {
      expect((await attempt(newClient(), service)).status).toBe(422);
      expect(service.app.get(RateLimitsService, { strict: false }).isDegraded).toBe(true);
    } finally {
      await service.stop();
    }
  });

  it('is not thought to be away because this process was held up', async () => {
    const connection = new RedisConnection(redis.url);
    await connection.start();
    try {
      const answer = connection.answer(connection.client.ping());
      const until = performance.now() + 300;
      while (performance.now() < until);
      expect(await answer).toBe('PONG');
      expect(connection.isReady).toBe(true);
    } finally {
      connection.stop();
    }
  });
});
