import { DataSource } from 'typeorm';
import { expectProblem } from './support/expect-problem.js';
import { servedRoutes } from './support/served-routes.js';
import { TestService } from './support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({
    rateLimit: true,
    docs: true,
    trustedProxies: ['127.0.0.1'],
    corsOrigins: ['https://app.example'],
    auth: { rateLimits: { requests: { limit: 3, window: 60 } } },
  });
});
afterAll(() => service.stop());

let clients = 0;
/** As many of a client that nobody was before as may be, and one more. */
async function exhaust(method: string, path: string, headers: Record<string, string> = {}) {
  const ip = `203.0.113.${++clients}`;
  const ask = () => service.request(method, path, { headers: { 'x-forwarded-for': ip, ...headers } });
  const before = [await ask(), await ask(), await ask()];
  expect(before.map(({ status }) => status)).not.toContain(429);
  return ask();
}

it('lets a browser read that it was refused', async () => {
  const refused = await exhaust('GET', '/users/me', { origin: 'https://app.example' });
  expect(refused.status).toBe(429);
  expect(refused.headers.get('access-control-allow-origin')).toBe('https://app.example');
});

describe('a preflight', () => {
  const preflight = (origin = 'https://app.example') => ({
    origin,
    'access-control-request-method': 'PATCH',
    'access-control-request-headers': 'authorization',
  });

  it.each(['/users/me', '/auth/login', '/nothing/here', '//health/live', '//openapi.json'])(
    'for %s is counted like any other request',
    async (path) => {
      const refused = await exhaust('OPTIONS', path, preflight());
      expectProblem(refused, 429, 'too-many-requests');
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    },
  );

  it('is counted for whichever site it asks, with the requests that follow', async () => {
    expect((await exhaust('OPTIONS', '/users/me', preflight('https://evil.example'))).status).toBe(429);
    const headers = { 'x-forwarded-for': `203.0.113.${++clients}`, ...preflight() };
    for (let i = 0; i < 3; i++)
      expect((await service.request('OPTIONS', '/users/me', { headers })).status).toBe(204);
    expect((await service.request('GET', '/users/me', { headers })).status).toBe(429);
  });

  it('is remembered by browsers, and has the header fields of every answer', async () => {
    const headers = { 'x-forwarded-for': `203.0.113.${++clients}`, ...preflight() };
    const answer = await service.request('OPTIONS', '/users/me', { headers });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-max-age')).toBe('7200');
    expect(answer.headers.get('vary')).toMatch(/Origin/);
    for (const name of ['x-request-id', 'cache-control', 'content-security-policy', 'x-content-type-options'])
      expect(answer.headers.has(name)).toBe(true);
  });

  it('is none without the origin that browsers name, and is answered by a problem document', async () => {
    const headers = { 'x-forwarded-for': `203.0.113.${++clients}`, 'access-control-request-method': 'PATCH' };
    const answer = await service.request('OPTIONS', '/users/me', { headers });
    expectProblem(answer, 405, 'method-not-allowed');
  });
});

it('counts whatever can be read, but for health', async () => {
  const routes = [
    ...new Set((await routesOf()).filter((route) => route.startsWith('GET '))),
    'GET /nothing/here',
  ];
  const uncounted: string[] = [];
  for (const route of routes) {
    const { status } = await exhaust('GET', `/${route.slice(4).replace(/\{\w+\}/g, 'x')}`);
    if (status !== 429) uncounted.push(route);
  }
  expect(uncounted.sort()).toEqual(['GET /health/live', 'GET /health/ready']);
});

it('asks the database once a second at most, however many ask for readiness', async () => {
  const db = service.app.get(DataSource);
  const query = db.query.bind(db);
  let asked = 0;
  db.query = ((...parameters: Parameters<typeof query>) => {
    asked++;
    return query(...parameters);
  }) as typeof db.query;
  const begun = performance.now();
  const answers = await Promise.all(Array.from({ length: 100 }, () => service.get('//health/ready')));
  db.query = query;
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(asked).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - begun) / 1_000));
});

/** Their paths are asked for here as well, each by a client of its own. */
async function routesOf(): Promise<string[]> {
  const unlimited = await TestService.start({ docs: true });
  try {
    return await servedRoutes(unlimited);
  } finally {
    await unlimited.stop();
  }
}
