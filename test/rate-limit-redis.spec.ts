import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { RateLimits } from '../src/rate-limit/rate-limits.service.js';
import { RedisConnection } from '../src/rate-limit/redis-connection.js';
import { eventually } from './support/eventually.js';
import { RedisServer } from './support/redis-server.js';
import { ada, TestService } from './support/test-service.js';

const isInstalled = RedisServer.isInstalled();
if (!isInstalled) console.warn('SKIPPED: limits by Redis, as this machine has no redis-server.');

// Time-outs are real time here: on a machine that is busy, Redis itself may be late.
jest.retryTimes(2, { logErrorsBeforeRetry: true });

(isInstalled ? describe : describe.skip)('with Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    await redis.restore();
    await redis.command('FLUSHALL');
  });

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

    it('share a limit, whose window ends when Redis says so', async () => {
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
    });

    it('begin anew when the window has ended', async () => {
      const ip = newClient();
      for (let i = 0; i < 30; i++) await attempt(ip, a);
      for (const key of (await redis.command('KEYS', 'astra:sign-in:*')) as string[])
        await redis.command('PEXPIRE', key, '1');
      await eventually(async () => expect(await redis.command('KEYS', 'astra:sign-in:*')).toEqual([]));
      expect((await attempt(ip, a)).headers.get('ratelimit')).toMatch(/^"sign-in";r=29;t=60$/);
    });

    it('let exactly as many through when 50 try at once', async () => {
      const ip = newClient();
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => attempt(ip, i % 2 ? a : b)));
      expect(answers.filter(({ status }) => status === 422).length).toBe(30);
      expect(answers.filter(({ status }) => status === 429).length).toBe(20);
    });
  });

  describe('sign-in', () => {
    let service: TestService;
    let limits: RateLimits;
    const warnings: string[] = [];
    beforeEach(async () => {
      service = await start();
      limits = service.app.get(RateLimits, { strict: false });
      await service.signUp();
      warnings.length = 0;
      // Nest's own way to replace the logger. Each application that starts does so too.
      Logger.overrideLogger({
        log: () => undefined,
        error: () => undefined,
        warn: (message: string, context: string) => context === 'RateLimits' && warnings.push(message),
      });
    });
    afterEach(() => service.stop());

    const signIn = async (): Promise<number> => {
      const { username, password } = ada;
      return (await attempt(newClient(), service, { username, password })).status;
    };
    /** How long a try takes, in ms, of which nothing but the counting takes long. */
    const timeOfTry = async (): Promise<number> => {
      const from = performance.now();
      expect((await attempt(newClient(), service)).status).toBe(422);
      return performance.now() - from;
    };

    it.each<[string, () => void | Promise<void>]>([
      ['is killed', () => redis.kill()],
      ['hangs', () => redis.suspend()],
    ])('works on when Redis %s, limits go on in the process, and it comes back', async (_, end) => {
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
        expect.stringMatching(/^Redis is away, so each process counts for itself: /),
      ]);

      await redis.restore();
      await eventually(async () => expect(limits.isDegraded).toBe(false), 5_000);
      await attempt(newClient(), service);
      const [key] = (await redis.command('KEYS', 'astra:sign-in:*')) as string[];
      expect(await redis.command('GET', key)).toBe('1');
    });

    it('works also where Redis was away from the start', async () => {
      const lonely = await start({ on: service.database, redisUrl: 'redis://127.0.0.1:1' });
      try {
        expect((await attempt(newClient(), lonely)).status).toBe(422);
        expect(lonely.app.get(RateLimits, { strict: false }).isDegraded).toBe(true);
      } finally {
        await lonely.stop();
      }
    });
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
