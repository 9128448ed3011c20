import { setTimeout as sleep } from 'node:timers/promises';
import { expectProblem } from './support/expect-problem.js';
import { eventually } from './support/eventually.js';
import { ServiceProcess } from './support/service-process.js';
import { TestDatabase } from './support/test-database.js';
import { ada, TestService } from './support/test-service.js';
import { inWords, keepAsking, Traffic, within } from './support/traffic.js';

const MiB = 2 ** 20;

let database: TestDatabase;
beforeAll(async () => {
  database = await TestDatabase.create();
});
afterAll(() => database.drop());

describe('a flood of sign-ins, five times as many as can be hashed', () => {
  let service: ServiceProcess;
  let flood: Traffic;
  let people: Traffic;
  let token: string;
  let names = 0;
  const settings = { RATE_LIMIT: 'on', TRUSTED_PROXIES: '127.0.0.1', HOST: '127.0.0.1' };
  /** From an address and for a name that were never seen, so that no other limit is in the way. */
  const attempt = () => {
    names++;
    return flood.ask('/auth/login', {
      from: `10.${names >> 16}.${(names >> 8) & 255}.${names & 255}`,
      body: { username: `nobody${names}`, password: ada.password },
    });
  };
  const visit = (turn: number) => people.ask('/users/me', { token, from: `192.0.2.${turn % 250}` });

  beforeAll(async () => {
    service = ServiceProcess.prepare(database.connection, settings);
    const api = `${await service.start()}/api/v1`;
    flood = new Traffic(api);
    people = new Traffic(api);
    await people.ask('/auth/register', { body: ada });
    const { username, password } = ada;
    const login = await people.ask('/auth/login', { body: { username, password } });
    ({ access_token: token } = JSON.parse(login.body) as { access_token: string });
  });
  afterAll(async () => {
    flood.stop();
    people.stop();
    await service.kill();
  });

  /** Sign-ins a second, from clients that try one after the other. */
  async function measureCapacity(): Promise<number> {
    let done = 0;
    const begun = performance.now();
    const client = async () => {
      for (; performance.now() - begun < 3_000; done++) await attempt();
    };
    await Promise.all(Array.from({ length: 8 }, client));
    return done / ((performance.now() - begun) / 1_000);
  }

  it('meets hashes that give way to the main thread', async () => {
    const { main, workers } = await service.niceOfThreads();
    expect(main).toBe(0);
    expect(workers.length).toBeGreaterThanOrEqual(4);
    expect(new Set(workers)).toEqual(new Set([10]));
  });

  it('is refused quickly, and leaves everybody else alone', async () => {
    const capacity = await measureCapacity();
    const seconds = 8;
    await service.loopDelay();
    const stopFlood = keepAsking(5 * capacity, attempt);
    const stopVisits = keepAsking(25, visit);
    await sleep(seconds * 1_000);
    const [tries, visits] = await Promise.all([stopFlood(), stopVisits()]);
    const loop = await service.loopDelay();

    const hashed = tries.filter(({ status }) => status === 401);
    const refused = tries.filter(({ status }) => status === 503);
    console.log(
      [
        `${capacity.toFixed(0)} sign-ins a second can be hashed, ${(tries.length / seconds).toFixed(0)} were tried`,
        `hashed: ${inWords(hashed)}`,
        `refused: ${inWords(refused)}`,
        `GET /users/me meanwhile: ${inWords(visits)}`,
        `event loop late: ${loop.mean.toFixed(1)} ms in the mean, 99 % within ${loop.p99.toFixed(1)} ms, at most ${loop.max.toFixed(0)} ms`,
      ].join('\n'),
    );
    expect(hashed.length + refused.length).toBe(tries.length);
    expect(refused.length).toBeGreaterThan(hashed.length);
    for (const { headers, body } of refused) {
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(JSON.parse(body)).toMatchObject({ type: '/problems/overloaded' });
    }
    expect(visits.every(({ status }) => status === 200)).toBe(true);
    // Ten times what is promised: the client, Postgres and whatever else the machine does share its cores.
    expect(within(0.5, refused)).toBeLessThan(1_000);
    expect(within(0.99, visits)).toBeLessThan(1_500);
    expect(loop.p99).toBeLessThan(500);
  });
});

describe('a process that has too much to do', () => {
  let service: TestService;
  let token: string;
  beforeAll(async () => {
    service = await TestService.start({ shedsLoad: true });
    ({ access_token: token } = await service.signUp());
  });
  afterAll(() => service.stop());

  /** Keeps the event loop from its work, in pieces of half a second. */
  async function block(seconds: number): Promise<void> {
    const until = performance.now() + seconds * 1_000;
    while (performance.now() < until) {
      const begun = performance.now();
      while (performance.now() - begun < 500);
      await new Promise(setImmediate);
    }
  }

  it('refuses what comes new, says that it lives, and is back a few seconds later', async () => {
    await eventually(async () => {
      await block(3.5);
      const answer = await service.get('/users/me', token);
      expectProblem(answer, 503, 'overloaded');
      expect(answer.headers.get('retry-after')).toBe('3');
    }, 20_000);
    expect((await service.get('//health/live')).status).toBe(200);
    expectProblem(await service.get('//health/ready'), 503, 'overloaded');
    await eventually(async () => expect((await service.get('/users/me', token)).status).toBe(200), 15_000);
  });

  it('takes no offence at a single pause', async () => {
    await sleep(3_500);
    const begun = performance.now();
    while (performance.now() - begun < 1_500);
    const answers: number[] = [];
    for (let i = 0; i < 8; i++) {
      answers.push((await service.get('/users/me', token)).status);
      await sleep(500);
    }
    expect(answers).toEqual(Array(8).fill(200));
  });
});

it('refuses what comes new while its memory is nearly used up, rather than end', async () => {
  const limit = 512;
  const service = ServiceProcess.prepare(database.connection, {
    NODE_OPTIONS: `--max-old-space-size=${limit}`,
  });
  const traffic = new Traffic(await service.start());
  const ask = () => traffic.ask('/api/v1/users/me');
  const isAnswered = (status: number) => async () => expect((await ask()).status).toBe(status);
  try {
    await eventually(isAnswered(401), 5_000);
    const step = limit / 16;
    let kept = limit / 2;
    await service.hoard(kept * MiB);
    for (let status = 401; status !== 503; status = (await ask()).status) {
      await service.hoard(step * MiB);
      kept += step;
      // Until it was measured.
      await sleep(3_200);
    }
    console.log(`refused with ${kept} MiB kept of ${limit}`);
    expect((await traffic.ask('/health/live')).status).toBe(200);
    expect((await traffic.ask('/health/ready')).status).toBe(503);
    await eventually(async () => {
      // What was kept is garbage now. V8 collects it when more is needed, as it is while requests are processed.
      await service.hoard(step * MiB);
      await service.hoard(0);
      await isAnswered(401)();
    }, 20_000);
    expect((await traffic.ask('/health/ready')).status).toBe(200);
  } finally {
    traffic.stop();
    await service.kill();
  }
}, 120_000);

describe('a container with little memory', () => {
  let service: ServiceProcess;
  let traffic: Traffic;
  beforeAll(async () => {
    service = ServiceProcess.prepare(database.connection, {});
    traffic = new Traffic(await service.start());
  });
  afterAll(async () => {
    traffic.stop();
    await service.kill();
  });
  const ask = async (path: string) => (await traffic.ask(path)).status;
  /** Long enough that it was measured, whenever that was last. */
  const measured = () => sleep(6_500);

  it('is used up by what the process keeps, not by the files of which pages are at hand', async () => {
    const { limit, resident } = await service.limitMemory(1.05);
    expect(resident).toBeGreaterThan(0.9 * limit);
    await measured();
    for (let i = 0; i < 20; i++) expect(await ask('/api/v1/users/me')).toBe(401);
    expect(await ask('/health/ready')).toBe(200);
  });

  it('is not ready, though it lives, while all is refused, and is both again once there is room', async () => {
    await service.limitMemory(0.5);
    await eventually(async () => expect(await ask('/api/v1/users/me')).toBe(503), 10_000);
    expect(await ask('/health/ready')).toBe(503);
    expect(await ask('/health/live')).toBe(200);
    await service.limitMemory(2);
    await eventually(async () => expect(await ask('/health/ready')).toBe(200), 10_000);
    expect(await ask('/api/v1/users/me')).toBe(401);
  });
});
