import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from './support/eventually.js';
import { rawRequest } from './support/raw-request.js';
import { TestSmtpServer } from './support/smtp-server.js';
import { ada, TestService, type Tokens } from './support/test-service.js';

const printed: string[] = [];
let smtp: TestSmtpServer;
let service: TestService;
let tokens: Tokens & { id: string };
beforeAll(async () => {
  smtp = await TestSmtpServer.start();
  service = await TestService.start({
    print: (line) => printed.push(line),
    trustedProxies: ['127.0.0.1'],
    mail: {
      smtpUrl: smtp.url,
      smtpTls: undefined,
      from: 'no-reply@astra.example',
      language: 'en',
      color: '#1f4fd8',
    },
  });
  tokens = await service.signUp();
});
afterAll(async () => {
  await service.stop();
  await smtp.stop();
});
beforeEach(async () => {
  // The lines of requests that were answered already.
  await service.get('//health/live');
  printed.length = 0;
});

type Line = Record<string, unknown>;
const lines = () => printed.map((line) => JSON.parse(line) as Line);

/** Waits for so many lines: one is printed when the answer is on its way. */
async function waitForLines(count = 1): Promise<Line[]> {
  await eventually(async () => expect(printed.length).toBeGreaterThanOrEqual(count), 5_000);
  return lines();
}

describe('a request', () => {
  it('has a line with what became of it', async () => {
    const { headers } = await service.request('GET', '/users/me/sessions?limit=7', {
      token: tokens.access_token,
      headers: { 'x-forwarded-for': '203.0.113.7' },
    });
    expect(await waitForLines()).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        level: 'info',
        message: 'GET /api/v1/users/me/sessions 200',
        request_id: headers.get('x-request-id'),
        user_id: tokens.id,
        ip: '203.0.113.7',
        method: 'GET',
        route: '/api/v1/users/me/sessions',
        status: 200,
        latency_ms: expect.any(Number),
      },
    ]);
    expect(printed[0]).toMatch(/^\{[^\n]*\}\n$/);
  });

  it('is named by the pattern of its path', async () => {
    await service.delete(`/users/me/sessions/${tokens.id}`, tokens.access_token);
    expect(await waitForLines()).toMatchObject([
      { method: 'DELETE', route: '/api/v1/users/me/sessions/:id', status: 404, problem: 'not-found' },
    ]);
  });

  it.each<[string, string, Line]>([
    ['POST', '/auth/login', { route: '/api/v1/auth/login', status: 422, problem: 'invalid-input' }],
    ['PUT', '/auth/login', { route: '/api/v1/auth/login', status: 405, problem: 'method-not-allowed' }],
    ['GET', '/users/me', { route: '/api/v1/users/me', status: 401, problem: 'not-authenticated' }],
    ['GET', '/s3cret', { status: 404, problem: 'not-found' }],
    ['GET', '/%zz', { status: 400, problem: 'bad-request' }],
  ])('has one also if it is refused: %s %s', async (method, path, line) => {
    await service.request(method, path);
    expect(await waitForLines()).toEqual([
      {
        ...line,
        method,
        time: expect.anything(),
        level: 'info',
        message: [method, line.route, line.status].filter(Boolean).join(' '),
        request_id: expect.anything(),
        ip: '127.0.0.1',
        latency_ms: expect.any(Number),
      },
    ]);
  });

  it('has one also if it is none', async () => {
    const { hostname, port } = new URL(service.origin);
    const socket = connect(Number(port), hostname);
    socket.end('GET / HTTP/1.1\r\nno header\r\n\r\n').resume();
    await once(socket, 'close');
    expect(await waitForLines()).toMatchObject([{ status: 400, problem: 'bad-request', ip: '127.0.0.1' }]);
  });

  it('has one also if its client does not wait for the answer', async () => {
    const { hostname, port } = new URL(service.origin);
    const socket = connect(Number(port), hostname);
    socket.write(
      'POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    await once(socket, 'connect');
    setTimeout(() => socket.destroy(), 50);
    await eventually(async () => {
      const line = lines().find(({ status }) => status === 499);
      expect(line).toMatchObject({
        level: 'info',
        route: '/api/v1/auth/login',
        latency_ms: expect.any(Number),
      });
      expect(line).not.toHaveProperty('problem');
    }, 5_000);
  });

  it('has none if it asks how the service is', async () => {
    await service.get('//health/live');
    await service.get('//health/ready');
    await service.get('//');
    expect(await waitForLines()).toMatchObject([{ route: '/', status: 200 }]);
  });

  it('that fails unexpectedly has one more, with the place but without the parameters of the query', async () => {
    await service.database.query('ALTER TABLE auth_users RENAME COLUMN full_name TO other_name');
    try {
      const { headers, status } = await service.post('/auth/register', {
        ...ada,
        username: 'canary',
        email: 'canary@example.com',
      });
      expect(status).toBe(500);
      const [error, answered] = await waitForLines(2);
      const request_id = headers.get('x-request-id');
      expect(error).toEqual({
        time: expect.anything(),
        level: 'error',
        context: expect.any(String),
        message: expect.stringMatching(
          `^Request ${request_id} failed unexpectedly: QueryFailedError: column .* does not exist$`,
        ),
        request_id,
        stack: expect.stringMatching(/^ +at /),
      });
      expect(answered).toMatchObject({ level: 'error', status: 500, problem: 'internal-error', request_id });
      expect(printed.join('')).not.toMatch(/canary|argon2|pbkdf2/);
    } finally {
      await service.database.query('ALTER TABLE auth_users RENAME COLUMN other_name TO full_name');
    }
  });

  it('is named by what a job does on its behalf', async () => {
    smtp.behave = () => ({ code: 450, text: `try http://later.example/?s3cret` });
    const { headers } = await service.post('/auth/password/forgot', { email: ada.email });
    try {
      const failed = await eventually(async () => {
        const line = lines().find(({ job }) => job === 'mail');
        expect(line).toBeDefined();
        return line;
      }, 10_000);
      expect(failed).toEqual({
        time: expect.anything(),
        level: 'warn',
        context: 'JobRunner',
        message: expect.stringMatching(
          /^Job mail [0-9a-f-]{36} failed and will be retried: .*http:\/\/later\.example$/,
        ),
        request_id: headers.get('x-request-id'),
        job: 'mail',
        job_id: expect.any(String),
      });
    } finally {
      smtp.behave = () => 'accept';
    }
  });
});

describe('whatever a client sends', () => {
  const forged = '{"level":"info","message":"forged"}';

  it.each(['\n', '\r', '\x1b[2K', '\u2028', '\u0085', '%0a', '%1b%5b2K', '%e2%80%a8'])(
    'begins no line and steers no terminal: %j',
    async (sign) => {
      const text = `ada${sign}${forged}`;
      await service.post('/auth/login', { username: text, password: text });
      await service.post('/auth/register', { ...ada, username: text, full_name: text });
      await service.get(`/users/me?q=${encodeURIComponent(text)}`);
      // Some of it fetch would not send: as UTF-8, and as the one byte that it is to old terminals.
      const end = 'Host: a\r\nConnection: close\r\n\r\n';
      for (const bytes of [text, Buffer.from(text).toString('latin1')]) {
        for (const field of ['User-Agent', 'X-Request-Id', 'X-Forwarded-For', 'Referer'])
          await rawRequest(service.origin, `GET /api/v1/users/me HTTP/1.1\r\n${field}: ${bytes}\r\n${end}`);
        await rawRequest(service.origin, `GET /api/v1/${bytes} HTTP/1.1\r\n${end}`);
      }
      await waitForLines(13);
      for (const line of printed) {
        expect(line).toMatch(/^\{"level":"info","time":"[^\n]+\}\n$/);
        expect(line).not.toContain('forged');
        expect(line).toMatch(/^[\x20-\x7e]+\n$/);
      }
    },
  );
});
