import { Agent, type IncomingMessage, request } from 'node:http';
import { servedRoutes } from './support/served-routes.js';
import { ada, TestService, type Tokens } from './support/test-service.js';

/** Fields that the code, or what it is built on, looks at. */
const FIELDS = [
  ...['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'x-real-ip'],
  ...[
    'user-agent',
    'x-request-id',
    'host',
    'origin',
    'referer',
    'if-none-match',
    'accept',
    'accept-language',
  ],
  ...['cookie', 'authorization', 'content-type', 'content-encoding', 'x-astra-client', 'sec-fetch-site'],
  ...['access-control-request-method', 'access-control-request-headers', 'expect', 'range', 'upgrade'],
];

/** Bytes, each written as the sign of its code. */
const bytes = (text: string) => Buffer.from(text).toString('latin1');
const ODD = [
  ...['', ' ', ',', ';', '"', '%', '%00', '%ff', '\x80\xff', '\xed\xa0\x80', bytes('ключ\u0301\u202e😀')],
  ...['unknown', '_hidden', '198.51.100.7:51234', '[2001:db8::1]:443', 'fe80::1%eth0', '999.1.1.1'],
  ...['Bearer ', 'Bearer \xff', 'Bearer a.b.c', 'Basic \xff', '__proto__', 'null', 'text/html; charset=\xff'],
  'x'.repeat(12 * 1024),
];

describe('header fields that hold nonsense', () => {
  let service: TestService;
  let tokens: Tokens;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  beforeAll(async () => {
    service = await TestService.start({
      trustedProxies: ['127.0.0.1'],
      corsOrigins: ['https://app.example.com'],
      auth: { refreshCookie: { origins: ['https://app.example.com'] } },
    });
    tokens = await service.signUp();
  });
  afterAll(async () => {
    agent.destroy();
    await service.stop();
  });

  /** @returns the status, whether it answered or closed the connection (which is told as 400). */
  const ask = (method: string, path: string, headers: Record<string, string>, body?: string) =>
    new Promise<number>((resolve, reject) => {
      const asking = request(
        `${service.origin}${path}`,
        { method, agent, headers },
        (answer: IncomingMessage) => {
          answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
        },
      );
      asking.once('error', reject);
      asking.end(body);
    });

  it('fail no route', async () => {
    // With CORS, OPTIONS is answered by that.
    const plain = await TestService.start({ on: service.database });
    const routes = (await servedRoutes(plain)).filter((route) => !/logout|DELETE/.test(route));
    await plain.stop();
    expect(routes.length).toBeGreaterThan(30);
    const failed: string[] = [];
    for (const [turn, route] of routes.entries()) {
      const [method, path] = route.split(' ');
      const at = path.replace(/\{\w+\}/g, 'x');
      const tries = FIELDS.flatMap((field) =>
        // The routes take turns, so that each field is tried with all of them.
        ODD.filter((_, index) => index % 12 === turn % 12).map(async (value) => {
          const hasBody = method !== 'GET';
          const status = await ask(
            method,
            at,
            {
              authorization: `Bearer ${tokens.access_token}`,
              ...(hasBody && { 'content-type': 'application/json' }),
              [field]: value,
            },
            hasBody ? '{}' : undefined,
          );
          if (status >= 500)
            failed.push(`${route} ${field}: ${JSON.stringify(value.slice(0, 40))} is ${status}`);
        }),
      );
      await Promise.all(tries);
    }
    expect(failed).toEqual([]);
  }, 240_000);

  it.each(['x-forwarded-for', 'user-agent', 'x-request-id', 'origin', 'accept-language', 'cookie'])(
    'keep nobody from registering, signing in and changing a profile: %s',
    async (field) => {
      for (const [index, odd] of ODD.entries()) {
        const headers = { 'content-type': 'application/json', [field]: odd };
        const name = `${field}${index}`;
        const person = { ...ada, username: name, email: `${name}@example.com` };
        expect([odd, await ask('POST', '/api/v1/auth/register', headers, JSON.stringify(person))]).toEqual([
          odd,
          201,
        ]);
        expect([odd, await ask('POST', '/api/v1/auth/login', headers, JSON.stringify(person))]).toEqual([
          odd,
          422,
        ]);
        const { username, password } = person;
        const signIn = JSON.stringify({ username, password });
        expect([odd, await ask('POST', '/api/v1/auth/login', headers, signIn)]).toEqual([odd, 200]);
        const authorized = { ...headers, authorization: `Bearer ${tokens.access_token}` };
        const change = await ask(
          'PATCH',
          '/api/v1/users/me',
          authorized,
          JSON.stringify({ full_name: name }),
        );
        expect([odd, change]).toEqual([odd, 200]);
      }
    },
    60_000,
  );
});

describe('the address of a client behind proxies', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await TestService.start({
      trustedProxies: ['127.0.0.0/8', '10.0.0.0/8', '2001:db8:ffff::/48'],
    });
    await service.signUp();
  });
  afterAll(() => service.stop());

  it.each([
    ['203.0.113.7:51312', '203.0.113.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['"[2001:db8::2]:4711"', '2001:db8::2'],
    ['unknown', null],
    ['_SEVKISEK', null],
    ['', '127.0.0.1'],
    // A trusted proxy in the middle of the chain, however its hop before writes it.
    ['198.51.100.1, 203.0.113.7, 10.1.0.5:443', '203.0.113.7'],
    ['203.0.113.7:1, [2001:db8:ffff::5]:443, ::ffff:10.0.0.9', '203.0.113.7'],
    // Who is not trusted is the client, whatever it says of others.
    ['198.51.100.1, unknown, 10.1.0.5', null],
    ['198.51.100.1, 203.0.113.7:9', '203.0.113.7'],
  ])('X-Forwarded-For: %s is of %s in sessions and in the audit trail', async (forwarded, ip) => {
    const { username, password } = ada;
    const headers = { 'x-forwarded-for': forwarded };
    const signedIn = await service.request('POST', '/auth/login', { body: { username, password }, headers });
    expect(signedIn.status).toBe(200);
    const token = signedIn.body.access_token as string;
    const sessions = await service.get('/users/me/sessions?limit=1', token);
    expect(sessions.body.items[0]).toMatchObject({ current: true, ip });
    const events = await service.get('/users/me/events?limit=1', token);
    expect(events.body.items[0]).toMatchObject({ type: 'authn_login_success', ip });
  });
});

describe('clients whose proxy does not name them', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await TestService.start({ rateLimit: true, trustedProxies: ['127.0.0.1'] });
  });
  afterAll(() => service.stop());

  const signIn = (forwarded: string) =>
    service.request('POST', '/auth/login', { body: {}, headers: { 'x-forwarded-for': forwarded } });

  it('are counted for the proxy, and one with a port for its address', async () => {
    const left = async (forwarded: string) =>
      Number(/r=(\d+)/.exec((await signIn(forwarded)).headers.get('ratelimit') ?? '')?.[1]);
    expect(await left('unknown')).toBe(29);
    expect(await left('_hidden')).toBe(28);
    expect(await left('127.0.0.1')).toBe(27);
    for (const [index, port] of [51312, 51313, 51314].entries())
      expect(await left(`203.0.113.7:${port}`)).toBe(29 - index);
    expect(await left('203.0.113.7')).toBe(26);
    expect(await left('203.0.113.8:51312')).toBe(29);
  });
});
