import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expectInvalid, expectProblem, expectRefusedForm } from './support/expect-problem.js';
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
const credentials = JSON.stringify({ username: 'ada', password: ada.password });
const CHUNKED = 'Transfer-Encoding: chunked';

/** A sign-in whose header fields and body are as they are written here. */
const signIn = (fields: string[], body: string) =>
  [
    `POST ${API}/auth/login HTTP/1.1`,
    'Host: astra',
    'Content-Type: application/json',
    ...fields,
    '',
    body,
  ].join('\r\n');

describe('a request that two servers would read differently', () => {
  const size = credentials.length.toString(16);
  const chunked = `${size}\r\n${credentials}\r\n0\r\n\r\n`;

  it.each([
    ['a length beside chunks', [`Content-Length: ${credentials.length}`, CHUNKED], chunked],
    ['chunks that are not the last coding', ['Transfer-Encoding: chunked, identity'], chunked],
    ['a coding that only resembles chunks', ['Transfer-Encoding: xchunked'], chunked],
    ['two codings in two fields', [CHUNKED, 'Transfer-Encoding: identity'], chunked],
    ['a blank before the colon', ['Transfer-Encoding : chunked'], chunked],
    ['a vertical tab before the coding', ['Transfer-Encoding:\x0bchunked'], chunked],
    ['a coding on a folded line', ['Transfer-Encoding:', ' chunked'], chunked],
    ['a folded line', ['X-Folded: a', ' b', `Content-Length: ${credentials.length}`], credentials],
    ['a field that ends without a CR', [`X-A: b\nContent-Length: ${credentials.length}`], credentials],
    ['a field that ends without a LF', [`X-A: b\rContent-Length: ${credentials.length}`], credentials],
    ['a NUL in a field', ['X-A: b\0', `Content-Length: ${credentials.length}`], credentials],
    ['two lengths that agree', Array(2).fill(`Content-Length: ${credentials.length}`), credentials],
    ['a list of lengths', [`Content-Length: ${credentials.length}, ${credentials.length}`], credentials],
    ['a length with a sign', [`Content-Length: +${credentials.length}`], credentials],
    ['a hexadecimal length', [`Content-Length: 0x${size}`], credentials],
    ['no figure for a length', ['Content-Length:'], credentials],
    ['a chunk whose size is prefixed', [CHUNKED], `0x${chunked}`],
    ['a chunk whose size overflows', [CHUNKED], `f${'0'.repeat(15)}${chunked}`],
    ['a chunk longer than its size', [CHUNKED], chunked.replace('\r\n0\r\n', 'X\r\n0\r\n')],
    ['chunks whose lines end without a CR', [CHUNKED], chunked.replaceAll('\r\n', '\n')],
    ['lines that end without a CR', [CHUNKED], 'all'],
  ])('is refused, and nothing is read after it: %s', async (_, fields, body) => {
    const smuggled = `GET ${API}/users/me HTTP/1.1\r\nHost: astra\r\nAuthorization: Bearer ${token}\r\n\r\n`;
    const request = body === 'all' ? signIn(fields, chunked).replaceAll('\r\n', '\n') : signIn(fields, body);
    const { hostname, port } = new URL(service.origin);
    const socket = connect(Number(port), hostname);
    socket.write(request + smuggled, 'latin1');
    const received = await text(socket);
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    expect(received).not.toContain(ada.email);
  });

  it.each([
    ['Host', ['Host: astra', 'Host: evil.example']],
    ['Authorization', ['Host: astra', 'Authorization: Bearer x', `Authorization: Bearer TOKEN`]],
    ['Content-Type', ['Host: astra', 'Content-Type: application/json', 'content-type: text/plain']],
  ])('is refused: %s twice', async (name, fields) => {
    const lines = [`GET ${API}/users/me HTTP/1.1`, 'Connection: close', ...fields, '', ''];
    const answer = await rawRequest(service.origin, lines.join('\r\n').replace('TOKEN', token));
    expectProblem(answer, 400, 'bad-request');
    expect(answer.body.detail).toContain(name.toLowerCase());
  });
});

describe('what Node would answer by itself, or leave without an answer', () => {
  it.each([
    ['a tunnel', 'CONNECT astra:443 HTTP/1.1\r\nHost: astra:443\r\n\r\n'],
    ['another version', 'GET / HTTP/2.0\r\nHost: astra\r\n\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('is a problem: %s', async (_, request) => {
    expectProblem(await rawRequest(service.origin, request), 400, 'bad-request');
  });

  it('leaves an expectation aside that it does not know', async () => {
    const fields = ['Expect: wonders', 'Connection: close', `Content-Length: ${credentials.length}`];
    const answer = await rawRequest(service.origin, signIn(fields, credentials));
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'bearer' } });
  });

  it('closes the connection also if the client does not', async () => {
    const { hostname, port } = new URL(service.origin);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.write('hello\r\n\r\n');
    socket.resume();
    const connections = () =>
      new Promise<number>((resolve) =>
        service.app.getHttpServer().getConnections((_: unknown, count: number) => resolve(count)),
      );
    await new Promise((resolve) => socket.once('end', resolve));
    const before = await connections();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await connections()).toBeLessThan(before);
    socket.destroy();
  });
});

describe('a body', () => {
  it.each([
    ['a field', '{"username": "ada", "password": "x", "username": "eve"}'],
    ['a field in another spelling', '{"username": "ada", "password": "x", "user\\u006eame": "eve"}'],
    ['a field further in', '{"username": "ada", "password": {"a": [{"b": ":", "b": 1}]}}'],
  ])('is refused with the same name twice: %s', async (_, body) => {
    const answer = await service.post('/auth/login', body);
    expectProblem(answer, 400, 'malformed-json');
    expect(answer.body.detail).toBe('The request body contains two fields with the same name.');
  });

  it.each([
    ['colons, quotes and backslashes in texts', '{"username": "a:\\"b\\\\", "password": ":\\\\\\":"}'],
    ['nothing in it', '{}'],
  ])('is not taken for one with a name twice: %s', async (_, body) => {
    const answer = await service.post('/auth/login', body);
    expect([401, 422]).toContain(answer.status);
  });

  it.each([
    ['deep', `{"full_name": ${'['.repeat(8_000)}${']'.repeat(8_000)}}`, 'too_deep'],
    ['long', `{"full_name": [${'0,'.repeat(8_000)}0]}`, 'too_many'],
    ['wide', `{${Array.from({ length: 1_400 }, (_, i) => `"f${i}":0`).join()}}`, 'too_many'],
  ])('is refused as a whole if it is too %s', async (_, body, code) => {
    // Field by field it would take seconds, in which nobody else is answered.
    expectInvalid(await service.patch('/users/me', body, token), ['body', code]);
  });

  it.each(['gzip', 'br', 'identity, gzip', 'GZIP'])('is refused compressed: %s', async (coding) => {
    const headers = { 'content-encoding': coding };
    const answer = await service.request('POST', '/auth/login', { body: credentials, headers });
    expectProblem(answer, 415, 'unsupported-media-type');
    expect(answer.headers.get('accept-encoding')).toBe('identity');
  });

  it.each([
    ['as bytes', 'username=ada&password=a\xffb'],
    ['as escapes', 'username=ada&password=a%FFb'],
    ['as half a sign', 'username=ada&password=%C3&scope=%A4'],
  ])('is refused as a form that is no UTF-8, %s', async (_, form) => {
    const lines = [
      `POST ${API}/auth/login HTTP/1.1`,
      'Host: astra',
      'Connection: close',
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${form.length}`,
    ];
    const answer = await rawRequest(service.origin, `${lines.join('\r\n')}\r\n\r\n${form}`);
    expectRefusedForm(answer, 400, 'bad-request', 'invalid_request');
  });

  it('may be a form with signs that mean something elsewhere', async () => {
    const form = new URLSearchParams({ username: 'ada', password: '100% +ä:🔑' });
    const refused = await service.request('POST', '/auth/login', { body: form });
    expectRefusedForm(refused, 401, 'invalid-credentials', 'invalid_grant');
    const typed = 'username=ada&password=100%';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await service.request('POST', '/auth/login', { body: typed, headers });
    expectRefusedForm(answer, 401, 'invalid-credentials', 'invalid_grant');
  });
});

describe('a query', () => {
  it.each(['limit=%ff', 'limit=20&cursor=%C3', 'cursor=%'])(
    'is refused if it is no UTF-8: %s',
    async (query) => {
      expectInvalid(await service.get(`/users/me/sessions?${query}`, token), ['query', 'string_unicode']);
    },
  );
});

it('tells browsers in every answer what they must not do with it', async () => {
  for (const path of ['/users/me', '/nothing', '//docs', '//docs/index.css', '//account/verify-email']) {
    const { headers } = await service.get(path);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'/),
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': expect.stringMatching(/^max-age=31536000/),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
  }
});
