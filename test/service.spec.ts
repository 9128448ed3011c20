import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { problemTypes } from '../src/http/problem/problem-types.js';
import { eventually } from './support/eventually.js';
import { expectGuardedHeaders, expectProblem } from './support/expect-problem.js';
import { TestSmtpServer } from './support/smtp-server.js';
import { ada, TestService } from './support/test-service.js';

describe('the service', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await TestService.start({ docs: false });
  });
  afterAll(() => service.stop());

  it('says what it is', async () => {
    const answer = await service.get('//');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      name: 'Astra',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      docs: '/docs',
      openapi: '/openapi.json',
    });
    expectGuardedHeaders(answer.headers);
  });

  it.each(['live', 'ready'])('says that it is %s', async (what) => {
    const answer = await service.get(`//health/${what}`);
    expect(answer).toMatchObject({ status: 200, body: { status: 'ok' } });
    expectGuardedHeaders(answer.headers);
  });

  it('says which of the servers that it can do without is away, and that requests are served', async () => {
    const smtp = await TestSmtpServer.start();
    await smtp.stop();
    const other = await TestService.start({
      rateLimit: true,
      redisUrl: 'redis://127.0.0.1:1',
      mail: {
        smtpUrl: smtp.url,
        smtpTls: undefined,
        from: 'no-reply@astra.example',
        language: 'en',
        color: '#1f4fd8',
      },
    });
    try {
      expect(await other.get('//health/ready')).toMatchObject({ body: { degraded: ['redis'] } });
      await other.post('/auth/register', ada);
      await eventually(async () => {
        const { status, body } = await other.get('//health/ready');
        expect({ status, body }).toEqual({
          status: 200,
          body: { status: 'ok', degraded: ['redis', 'mail'] },
        });
      }, 5_000);
      expect((await other.get('//health/live')).body).toEqual({ status: 'ok' });
    } finally {
      await other.stop();
    }
  });

  it.each(Object.entries(problemTypes))(
    'says what the problem %s means',
    async (code, { title, meaning }) => {
      const answer = await service.get(`//problems/${code}`);
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ type: `/problems/${code}`, title, meaning });
      expectGuardedHeaders(answer.headers);
    },
  );

  it.each(['nothing', 'constructor', '__proto__', 'NOT-FOUND'])(
    'knows no problem of the name %s',
    async (code) => {
      expectProblem(await service.get(`//problems/${code}`), 404, 'not-found');
    },
  );

  it('has no documentation where DOCS is off', async () => {
    for (const path of ['//docs', '//redoc', '//openapi.json']) {
      expectProblem(await service.get(path), 404, 'not-found');
    }
  });

  it('does not believe what a client says of its own address', async () => {
    await service.signUp();
    await signInFrom(service, '203.0.113.7');
    expect(await lastAddress(service)).toBe('127.0.0.1');
  });
});

describe('the service behind a proxy', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await TestService.start({
      trustedProxies: ['127.0.0.0/8'],
      corsOrigins: ['https://app.example'],
    });
    await service.signUp();
  });
  afterAll(() => service.stop());

  it('believes what a trusted proxy says of the client, and no more', async () => {
    await signInFrom(service, '198.51.100.1, 203.0.113.7');
    expect(await lastAddress(service)).toBe('203.0.113.7');
    await signInFrom(service, '2001:db8::1');
    expect(await lastAddress(service)).toBe('2001:db8::1');
  });

  it('lets pages of the sites that were named read its answers', async () => {
    const preflight = await service.request('OPTIONS', '/users/me', {
      headers: { origin: 'https://app.example', 'access-control-request-method': 'PATCH' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');

    const answer = await service.request('GET', '/users/me', { headers: { origin: 'https://app.example' } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(answer.headers.get('access-control-expose-headers')).toMatch(/X-Request-Id/);
  });

  it('lets no other page read them', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'PATCH' };
    for (const method of ['OPTIONS', 'GET']) {
      const answer = await service.request(method, '/users/me', { headers });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('still tells what is not there from what takes other methods', async () => {
    expectProblem(await service.get('/nothing'), 404, 'not-found');
    expectProblem(await service.get('/auth/login'), 405, 'method-not-allowed');
  });
});

describe('the service that is told to stop', () => {
  /** Stops a service between head and body of a registration. The client keeps the connection open, as most do. */
  async function stopDuringRequest(next = ''): Promise<string[]> {
    const service = await TestService.start();
    const { hostname, port } = new URL(service.origin);
    const socket = connect(Number(port), hostname);
    const received = text(socket);
    const body = JSON.stringify(ada);
    socket.write(
      'POST /api/v1/auth/register HTTP/1.1\r\nHost: astra\r\nExpect: 100-continue\r\n' +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    await once(socket, 'readable'); // the request is accepted; its body is waited for

    const stopped = service.stop();
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.write(body + next);
    const sentAt = performance.now();
    await stopped;
    expect(performance.now() - sentAt).toBeLessThan(5_000);
    return (await received).split(/(?=HTTP\/1\.1 )/).slice(1);
  }

  it('finishes what it accepted, and waits for no client to close its connection', async () => {
    expect(await stopDuringRequest()).toEqual([expect.stringMatching(/^HTTP\/1\.1 201 /)]);
  });

  it('says that it is not ready any more, to who asks on an open connection', async () => {
    const [, ready] = await stopDuringRequest('GET /health/ready HTTP/1.1\r\nHost: astra\r\n\r\n');
    expect(ready).toMatch(/^HTTP\/1\.1 503 [^]*\r\nretry-after: 1\r\n/i);
    expect(ready).toMatch(/"type":"\/problems\/unavailable"/);
  });
});

const signInFrom = (service: TestService, forwardedFor: string) =>
  service.request('POST', '/auth/login', {
    body: { username: ada.username, password: ada.password },
    headers: { 'x-forwarded-for': forwardedFor },
  });

async function lastAddress({ database }: TestService): Promise<unknown> {
  const [{ ip }] = await database.query('SELECT ip FROM auth_sessions ORDER BY id DESC LIMIT 1');
  return ip;
}
