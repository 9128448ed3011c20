import { eventually } from './support/eventually.js';
import { expectProblem, expectRefusedForm } from './support/expect-problem.js';
import { runScheduled } from './support/run-scheduled.js';
import {
  ada,
  type Answer,
  TestService,
  type TestServiceOptions,
  type Tokens,
} from './support/test-service.js';

/** With limits, and behind a proxy that tells for whom it asks. */
const startLimited = (options: TestServiceOptions = {}) =>
  TestService.start({
    rateLimit: true,
    trustedProxies: ['127.0.0.1'],
    signInMethods: ['password', 'passkey', 'email-code'],
    ...options,
  });

let service: TestService;
let tokens: Tokens;
beforeAll(async () => {
  service = await startLimited();
  tokens = await service.signUp();
});
afterAll(() => service.stop());

/** A client that nobody was before. */
let clients = 0;
const newClient = () => `192.0.2.${++clients}`;

const ask = (ip: string, route: string, body?: unknown, on = service) => {
  const [method, path] = route.split(' ');
  return on.request(method, path, { body, headers: { 'x-forwarded-for': ip } });
};

async function askTimes(times: number, ip: string, route: string, body?: unknown): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < times; i++) answers.push(await ask(ip, route, body));
  return answers;
}

/** Lets the windows of a limit end in so many seconds. */
const moveEnd = (limit: string, seconds: number, { database } = service) =>
  database.query(`UPDATE auth_rate_limits SET expire = $2 WHERE key LIKE $1 || ':%'`, [
    limit,
    Date.now() + seconds * 1000,
  ]);

/** Expects the refusal of a limit whose window ends in so many seconds. */
function expectRefused(answer: Answer, name: string, quota: string, from: number, to = from): void {
  expectProblem(answer, 429, 'too-many-requests');
  const wait = Number(answer.headers.get('retry-after'));
  expect(wait).toBeGreaterThanOrEqual(from);
  expect(wait).toBeLessThanOrEqual(to);
  expect(answer.headers.get('ratelimit')).toBe(`"${name}";r=0;t=${wait}`);
  expect(answer.headers.get('ratelimit-policy')).toBe(`"${name}";${quota}`);
}

describe('the limit of a client address', () => {
  const limits: [name: string, route: string, limit: number, window: number][] = [
    ['sign-in', 'POST /auth/login', 30, 60],
    ['register', 'POST /auth/register', 20, 3600],
    ['refresh', 'POST /auth/refresh', 150, 300],
  ];

  it.each(limits)('%s allows as many tries, and refuses the next', async (name, route, limit, window) => {
    const ip = newClient();
    // Tries are counted before anybody looks at them.
    const answers = await askTimes(limit, ip, route, {});
    answers.forEach(({ status, headers }, i) => {
      expect(status).toBe(422);
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"${name}";r=${limit - 1 - i};t=\\d+$`));
      expect(headers.get('ratelimit-policy')).toBe(`"${name}";q=${limit};w=${window}`);
    });

    await moveEnd(name, 41.5);
    expectRefused(await ask(ip, route, {}), name, `q=${limit};w=${window}`, 40, 42);
    expectRefused(await ask(ip, route, {}), name, `q=${limit};w=${window}`, 40, 42);
    expect((await ask(newClient(), route, {})).status).toBe(422);
  });

  it('begins anew when its window has ended', async () => {
    const ip = newClient();
    await askTimes(30, ip, 'POST /auth/login', {});
    await moveEnd('sign-in', -1);
    const answer = await ask(ip, 'POST /auth/login', {});
    expect(answer.status).toBe(422);
    expect(answer.headers.get('ratelimit')).toMatch(/^"sign-in";r=29;t=(60|59)$/);
  });

  it('is one for JSON and forms, and for all ways to write a path that lead there', async () => {
    const ip = newClient();
    await askTimes(10, ip, 'POST /auth/login', {});
    await askTimes(10, ip, 'POST /auth/login', new URLSearchParams({ username: '' }));
    await askTimes(10, ip, 'POST /auth/%6cogin', {});
    expect((await ask(ip, 'POST /auth/login', new URLSearchParams())).status).toBe(429);
    expect((await ask(ip, 'POST /auth/log%69n', {})).status).toBe(429);
  });

  it('is one for an IPv6 network of 64 bits', async () => {
    for (let i = 0; i < 20; i++) await ask(`2001:db8:1:2::${i}`, 'POST /auth/register', {});
    expect((await ask('2001:db8:1:2:ffff::1', 'POST /auth/register', {})).status).toBe(429);
    expect((await ask('2001:db8:1:3::1', 'POST /auth/register', {})).status).toBe(422);
  });

  it.each([
    ['POST /auth/register', 20],
    ['POST /auth/password/forgot', 20],
    ['POST /auth/password/reset', 20],
    ['POST /auth/login', 30],
    ['POST /auth/email-code', 20],
  ])(
    '%s is shared by the networks of one IPv6 site, which do as much as 16 of them',
    async (route, limit) => {
      const site = `2001:db8:${(++clients).toString(16)}`;
      const statuses: number[] = [];
      for (let network = 1; network <= 16; network++) {
        // One that was refused takes nothing from its neighbours.
        const tries = Array.from({ length: limit + 5 }, () => ask(`${site}:${network}::1`, route, {}));
        statuses.push(...(await Promise.all(tries)).map(({ status }) => status));
      }
      expect(statuses.filter((status) => status === 422)).toHaveLength(16 * limit);
      const refused = await ask(`${site}:ffff::1`, route, {});
      expectProblem(refused, 429, 'too-many-requests');
      expect(refused.headers.get('ratelimit-policy')).toMatch(new RegExp(`;q=${16 * limit};`));
      expect((await ask(`2001:db8:${(++clients).toString(16)}::1`, route, {})).status).toBe(422);
    },
  );

  it('cannot be got round by saying to be somebody else', async () => {
    const direct = await startLimited({ on: service.database, trustedProxies: [] });
    try {
      for (let i = 0; i < 20; i++) await ask(`198.51.100.${i}`, 'POST /auth/register', {}, direct);
      expect((await ask('198.51.100.99', 'POST /auth/register', {}, direct)).status).toBe(429);
    } finally {
      await direct.stop();
    }
  });

  it('lets exactly as many through when 50 try at once on two instances', async () => {
    const other = await startLimited({ on: service.database });
    try {
      const ip = newClient();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => ask(ip, 'POST /auth/login', {}, i % 2 ? other : service)),
      );
      expect(answers.filter(({ status }) => status === 422).length).toBe(30);
      expect(answers.filter(({ status }) => status === 429).length).toBe(20);
    } finally {
      await other.stop();
    }
  });
});

describe('the limit of all requests', () => {
  it('counts each of them, also those that reach no route, but for questions about health', async () => {
    const ip = newClient();
    const headers = { 'x-forwarded-for': ip };
    for (let i = 0; i < 60; i++) {
      expect((await ask(ip, 'GET /users/me')).status).toBe(401);
      expect((await ask(ip, 'GET /nothing')).status).toBe(404);
      expect((await ask(ip, 'PUT /users/me')).status).toBe(405);
      expect((await ask(ip, 'POST /auth/revoke', '{')).status).toBe(400);
      expect((await ask(ip, 'GET //')).status).toBe(200);
      expect((await service.request('GET', '//health/live', { headers })).status).toBe(200);
    }
    for (const route of ['GET /users/me', 'GET /nothing', 'PUT /users/me', 'POST /auth/login', 'GET //'])
      expectRefused(await ask(ip, route), 'requests', 'q=300;w=60', 1, 60);
    expect((await ask(ip, 'GET //health/live')).status).toBe(200);
    expect((await ask(ip, 'GET //health/ready')).status).toBe(200);
    expect((await ask(newClient(), 'GET /users/me')).status).toBe(401);
  });
});

it('counts a refresh at the address of the sign-in as one, and answers a form with a body', async () => {
  const ip = newClient();
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x' });
  for (let i = 0; i < 31; i++) expect((await ask(ip, 'POST /auth/login', form)).status).toBe(401);
  const other = newClient();
  await askTimes(30, other, 'POST /auth/login', {});
  const refused = await ask(
    other,
    'POST /auth/login',
    new URLSearchParams({ username: 'ada', password: 'x' }),
  );
  expectRefusedForm(refused, 429, 'too-many-requests', 'temporarily_unavailable');
  expect((await ask(other, 'POST /auth/login', form)).status).toBe(401);
  await askTimes(268, other, 'GET /users/me');
  const flooding = await ask(other, 'POST /auth/login', form);
  expectRefusedForm(flooding, 429, 'too-many-requests', 'temporarily_unavailable');
});

it('limits the refreshes of one session, from however many addresses', async () => {
  let { refresh_token } = tokens;
  const refresh = () => ask(newClient(), 'POST /auth/refresh', { refresh_token });
  for (let i = 0; i < 30; i++) {
    const answer = await refresh();
    expect(answer.status).toBe(200);
    ({ refresh_token } = answer.body);
  }
  await moveEnd('refresh-session', 41.5);
  expectRefused(await refresh(), 'refresh-session', 'q=30;w=300', 40, 42);

  // What was refused was not used up: the session goes on when the window has ended.
  const fresh = await startLimited({ on: service.database });
  try {
    await moveEnd('refresh-session', -1);
    expect((await ask(newClient(), 'POST /auth/refresh', { refresh_token }, fresh)).status).toBe(200);
  } finally {
    await fresh.stop();
  }
});

it('limits the sign-ins of one account that succeed, from however many addresses, and no failures', async () => {
  const person = { username: 'lovelace', email: 'lovelace@example.com', password: ada.password };
  await ask(newClient(), 'POST /auth/register', person);
  const signIn = (password = person.password) =>
    ask(newClient(), 'POST /auth/login', { username: person.username, password });
  for (let i = 0; i < 60; i++) {
    if (i % 20 === 0) expectProblem(await signIn('wrong'), 401, 'invalid-credentials');
    expect((await signIn()).status).toBe(200);
  }
  await moveEnd('sign-in-account', 41.5);
  expectRefused(await signIn(), 'sign-in-account', 'q=60;w=3600', 39, 42);
  // Who does not know the password is not told.
  expectProblem(await signIn('wrong'), 401, 'invalid-credentials');
  const sessions = await service.database.query(
    `SELECT 1 FROM auth_sessions WHERE user_id = (SELECT id FROM auth_users WHERE username = 'lovelace')`,
  );
  expect(sessions).toHaveLength(60);
});

describe('the figures of a host', () => {
  it('can each be set, or switched off', async () => {
    const own = await startLimited({
      on: service.database,
      auth: { rateLimits: { 'sign-in': { limit: 2, window: 7200 }, register: false, requests: false } },
    });
    try {
      const ip = newClient();
      const statuses: number[] = [];
      for (let i = 0; i < 3; i++) statuses.push((await ask(ip, 'POST /auth/login', {}, own)).status);
      expect(statuses).toEqual([422, 422, 429]);
      for (let i = 0; i < 301; i++) expect((await ask(ip, 'POST /auth/register', {}, own)).status).toBe(422);
    } finally {
      await own.stop();
    }
  });

  it('are all off with RATE_LIMIT=off, or with the option', async () => {
    for (const settings of [{ rateLimit: false }, { auth: { rateLimits: false as const } }]) {
      const open = await startLimited({ on: service.database, ...settings });
      try {
        for (let i = 0; i < 31; i++) {
          const answer = await ask('192.0.2.255', 'POST /auth/login', {}, open);
          expect([answer.status, answer.headers.has('ratelimit')]).toEqual([422, false]);
        }
        const wrong = { username: ada.username, password: 'wrong' };
        for (let i = 0; i < 6; i++)
          expect((await ask('192.0.2.255', 'POST /auth/login', wrong, open)).status).toBe(401);
      } finally {
        await open.stop();
      }
    }
  });
});

describe('the table of the counters', () => {
  it('names nobody', async () => {
    await ask('203.0.113.7', 'POST /auth/login', {});
    const rows = await service.database.query<{ key: string }>('SELECT * FROM auth_rate_limits');
    expect(rows.length).toBeGreaterThan(0);
    for (const { key } of rows) expect(key).toMatch(/^[a-z-]+:[\w-]{22}$/);
  });

  it('costs no log, and holds only what still matters', async () => {
    const [{ relpersistence }] = await service.database.query(
      `SELECT relpersistence FROM pg_class WHERE relname = 'auth_rate_limits'`,
    );
    expect(relpersistence).toBe('u');

    await ask(newClient(), 'POST /auth/login', {});
    await moveEnd('sign-in', -1);
    await ask(newClient(), 'POST /auth/login', {});
    await runScheduled(service, 'purge-counters');
    await eventually(async () => {
      const rows = await service.database.query(`SELECT FROM auth_rate_limits WHERE key LIKE 'sign-in:%'`);
      expect(rows.length).toBe(1);
    }, 5_000);
  });
});
