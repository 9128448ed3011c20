import {
  expectGuardedHeaders,
  expectInvalid,
  expectProblem,
  expectRefusedForm,
} from './support/expect-problem.js';
import { rawRequest } from './support/raw-request.js';
import { ada, TestService } from './support/test-service.js';

let service: TestService;
let token: string;
beforeAll(async () => {
  service = await TestService.start();
  ({ access_token: token } = await service.signUp());
});
afterAll(() => service.stop());

const API = '/api/v1';

/** Sends a request as it is written here, with the lines that every one needs. */
const raw = (requestLine: string, headers: string[] = [], body = '') =>
  rawRequest(
    service.origin,
    [requestLine, 'Host: astra', 'Connection: close', ...headers, '', body].join('\r\n'),
  );

describe('an address', () => {
  // Two slashes at the start stand for the root of the service, three for a doubled slash there.
  it.each(['/nothing', '//nothing', '///', '/auth', '/auth/login/', '//health', '///health/live'])(
    'that is none answers 404: %s',
    async (path) => {
      expectProblem(await service.get(path), 404, 'not-found');
    },
  );

  it.each([
    ['GET', '/auth/login', 'POST'],
    ['PUT', '/auth/login', 'POST'],
    ['OPTIONS', '/auth/login', 'POST'],
    ['PUT', '/users/me', 'DELETE, GET, HEAD, PATCH'],
    ['POST', '/users/me', 'DELETE, GET, HEAD, PATCH'],
    ['POST', '//', 'GET, HEAD'],
    ['PATCH', '//health/live', 'GET, HEAD'],
    ['DELETE', '//problems/not-found', 'GET, HEAD'],
  ])('tells which methods it takes: %s %s', async (method, path, allow) => {
    const answer = await service.request(method, path, { token });
    expectProblem(answer, 405, 'method-not-allowed');
    expect(answer.headers.get('allow')).toBe(allow);
  });

  it('answers 405 before it reads a body of whatever kind', async () => {
    const headers = { 'content-type': 'text/plain' };
    expectProblem(
      await service.request('PUT', '/users/me', { body: 'x', headers }),
      405,
      'method-not-allowed',
    );
  });

  it('answers methods of which most servers never hear', async () => {
    expectProblem(await raw(`TRACE ${API}/users/me HTTP/1.1`), 405, 'method-not-allowed');
    expectProblem(await raw(`PROPFIND ${API}/users/me HTTP/1.1`), 404, 'not-found');
  });

  it('answers HEAD as GET, without the body', async () => {
    const get = await service.get('/users/me', token);
    const head = await service.request('HEAD', '/users/me', { token });
    expect(head).toMatchObject({ status: 200, body: '' });
    expect(head.headers.get('content-length')).toBe(get.headers.get('content-length'));
    expectGuardedHeaders(head.headers);
    expect(await service.request('HEAD', '/auth/login')).toMatchObject({ status: 405, body: '' });
  });

  it.each([
    ['an escape that is none', `${API}/users/%zz`, 400, 'bad-request'],
    ['an escape that is no UTF-8', '/problems/%ff', 400, 'bad-request'],
    ['a part that is too long', `/problems/${'x'.repeat(201)}`, 414, 'uri-too-long'],
  ] as const)('with %s is refused', async (_, target, status, code) => {
    expectProblem(await raw(`GET ${target} HTTP/1.1`), status, code);
  });

  it('in absolute form is that of its path', async () => {
    expectProblem(await raw(`GET http://astra${API}/users/me HTTP/1.1`), 401, 'not-authenticated');
    expectProblem(await raw(`GET http://astra${API}/nothing HTTP/1.1`), 404, 'not-found');
  });
});

describe('a closed route', () => {
  it.each([
    ['/users/%6de', 401, 'not-authenticated'],
    ['/%75sers/m%65', 401, 'not-authenticated'],
    ['/users/me/', 404, 'not-found'],
    ['/users//me', 404, 'not-found'],
    ['///api/v1/users/me', 404, 'not-found'],
    ['/Users/Me', 404, 'not-found'],
    ['/users%2Fme', 404, 'not-found'],
    ['/users/me;x', 404, 'not-found'],
  ] as const)('is not opened by another spelling of its path: %s', async (path, status, code) => {
    expectProblem(await service.get(path), status, code);
  });
});

describe('a query', () => {
  it.each([
    ['/users/me?fields=id', 'fields'],
    ['/users/me?a=1&a=2', 'a'],
    ['/users/me?%zz', '%zz'],
    ['/users/me?__proto__=x', '__proto__'],
    ['//?x=1', 'x'],
    ['//health/live?x=1', 'x'],
    ['//health/ready?x=1', 'x'],
    ['//problems/not-found?x=1', 'x'],
  ])('that is not known is refused: %s', async (path, name) => {
    expectInvalid(await service.get(path, token), [`query.${name}`, 'extra_forbidden']);
  });

  it.each(['/users/me', '//', '//.well-known/jwks.json', '/users/me/sessions'])(
    'of thousands of names, or of a long one, gets a short answer: %s',
    async (path) => {
      const many = Array.from({ length: 3_500 }, (_, i) => i.toString(36)).join('&');
      for (const query of [many, 'x'.repeat(10_000)]) {
        const answer = await service.get(`${path}?${query}`, token);
        expectProblem(answer, 422, 'invalid-input');
        expect(JSON.stringify(answer.body).length).toBeLessThan(1_000);
      }
    },
  );

  it('is not repeated in the answer, as it may hold a secret', async () => {
    const answer = await service.get('/nothing?token=canary', token);
    expectProblem(answer, 404, 'not-found');
    expect(JSON.stringify(answer.body)).not.toContain('canary');
  });

  it('that is empty is none', async () => {
    expect((await service.get('/users/me?', token)).status).toBe(200);
  });
});

describe('a request id', () => {
  it.each(['a', 'A-z-0-9', 'f'.repeat(64)])('of the client is kept: %s', async (id) => {
    for (const path of ['/users/me', '/nothing', '//health/live']) {
      const answer = await service.request('GET', path, { headers: { 'x-request-id': id } });
      expect(answer.headers.get('x-request-id')).toBe(id);
    }
  });

  it.each(['', 'f'.repeat(65), 'a b', 'a_b', '<script>', 'a, b'])('is made where %j was sent', async (id) => {
    const answer = await service.request('GET', '/users/me', { headers: { 'x-request-id': id } });
    expectProblem(answer, 401, 'not-authenticated');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('is made where several were sent', async () => {
    const { headers } = await raw('GET / HTTP/1.1', ['X-Request-Id: one', 'X-Request-Id: two']);
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('a body', () => {
  it.each([
    ['text/plain', '{}'],
    ['application/xml', '<a/>'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/problem+json', '{}'],
    ['application/json-patch+json', '[]'],
    ['nonsense', '{}'],
  ])('of type %s is refused', async (type, body) => {
    const headers = { 'content-type': type };
    for (const path of ['/auth/register', '/auth/refresh']) {
      expectProblem(await service.request('POST', path, { body, headers }), 415, 'unsupported-media-type');
    }
    expectProblem(
      await service.request('PATCH', '/users/me', { body, headers, token }),
      415,
      'unsupported-media-type',
    );
  });

  it('that is a form is refused where OAuth2 has none', async () => {
    const form = new URLSearchParams({ username: 'eve' });
    for (const path of ['/auth/register', '/auth/password/forgot', '/auth/login/x'])
      expectProblem(
        await service.post(path, form),
        ...((path.endsWith('x') ? [404, 'not-found'] : [415, 'unsupported-media-type']) as [
          number,
          'not-found',
        ]),
      );
    expectProblem(await service.patch('/users/me', form, token), 415, 'unsupported-media-type');
  });

  it('that pollutes is refused', async () => {
    const form = new URLSearchParams('__proto__=x&username=ada&password=x');
    const answer = await service.post('/auth/login', form);
    expectRefusedForm(answer, 422, 'invalid-input', 'invalid_request');
    expect(answer.body.errors).toMatchObject([{ loc: ['body', '__proto__'], code: 'extra_forbidden' }]);
  });

  it('of no length may have a type, as clients name one on every POST', async () => {
    const { access_token: token } = await service.signIn();
    const headers = { 'content-type': 'application/json', 'content-length': '0' };
    expect(await service.request('POST', '/auth/logout', { token, headers })).toMatchObject({ status: 204 });
  });

  it('without a type is refused', async () => {
    const answer = await raw(`POST ${API}/auth/login HTTP/1.1`, ['Content-Length: 2'], '{}');
    expectProblem(answer, 415, 'unsupported-media-type');
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="utf-8"'])(
    'may say its type as %s',
    async (type) => {
      const headers = { 'content-type': type };
      const body = JSON.stringify({ username: 'ada', password: ada.password });
      expect((await service.request('POST', '/auth/login', { body, headers })).status).toBe(200);
    },
  );

  it.each([
    ['broken', '{"username": "eve"'],
    ['of single quotes', `{'username': 'eve'}`],
    ['with a comma too many', '{"username": "eve",}'],
    ['of two values', '{}{}'],
    ['of no JSON', 'username=eve'],
    ['of white space', '   '],
    ['that pollutes the prototype', '{"__proto__": {"role": "admin"}, "username": "eve"}'],
    ['that pollutes through the constructor', '{"constructor": {"prototype": {"role": "admin"}}}'],
  ])('%s is refused', async (_, body) => {
    expectProblem(await service.post('/auth/register', body), 400, 'malformed-json');
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  it('that is not UTF-8 is refused', async () => {
    const body = '{"username": "ada", "password": "\xff\xfe"}';
    const headers = ['Content-Type: application/json', `Content-Length: ${body.length}`];
    expectProblem(await raw(`POST ${API}/auth/login HTTP/1.1`, headers, body), 400, 'malformed-json');
  });

  it('of more than 16 KiB is refused everywhere', async () => {
    const password = 'x'.repeat(20 * 1024);
    for (const path of ['/auth/register', '/auth/login', '/auth/refresh']) {
      const answer = await service.post(path, { ...ada, password });
      expectProblem(answer, 413, 'content-too-large');
      expect(JSON.stringify(answer.body)).not.toContain('xxx');
    }
    const large = { full_name: 'x'.repeat(15 * 1024) };
    expectInvalid(await service.patch('/users/me', large, token), ['body.full_name', 'string_too_long']);
    const larger = { full_name: 'x'.repeat(16 * 1024) };
    expectProblem(await service.patch('/users/me', larger, token), 413, 'content-too-large');
  });

  it('of more than it may be is refused also where its length was not told before', async () => {
    const chunk = 'x'.repeat(10 * 1024);
    const chunks = [chunk, chunk, ''].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
    const headers = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];
    const answer = await raw(`POST ${API}/auth/login HTTP/1.1`, headers, chunks);
    expectProblem(answer, 413, 'content-too-large');
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['noise', 'hello\r\n\r\n', 400, 'bad-request'],
    ['a method that there is not', `BREW / HTTP/1.1\r\nHost: a\r\n\r\n`, 400, 'bad-request'],
    ['a header without a name', `GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n`, 400, 'bad-request'],
    ['no host', `GET / HTTP/1.1\r\nConnection: close\r\n\r\n`, 400, 'bad-request'],
    [
      'two lengths',
      `POST ${API}/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      400,
      'bad-request',
    ],
    [
      'a length beside chunks',
      `POST ${API}/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`,
      400,
      'bad-request',
    ],
    [
      'too many headers',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers-too-large',
    ],
    ['a path of 20 KB', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431, 'headers-too-large'],
  ] as const)('is answered on the bare socket: %s', async (_, request, status, code) => {
    expectProblem(await rawRequest(service.origin, request), status, code);
  });

  it('is answered when a request does not arrive in time', async () => {
    const server = service.app.getHttpServer();
    expect(server).toMatchObject({ headersTimeout: 10_000, requestTimeout: 15_000 });
    server.headersTimeout = 100;
    try {
      const answer = await rawRequest(service.origin, 'GET / HTTP/1.1\r\nHost: a\r\n');
      expectProblem(answer, 408, 'request-timeout');
    } finally {
      server.headersTimeout = 10_000;
    }
  });
});

it('is not open to pages of other sites', async () => {
  const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
  const preflight = await service.request('OPTIONS', '/auth/login', { headers });
  expectProblem(preflight, 405, 'method-not-allowed');
  const answer = await service.request('GET', '/users/me', { headers, token });
  expectGuardedHeaders(answer.headers);
});
