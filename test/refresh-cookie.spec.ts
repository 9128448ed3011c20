import type { OpenAPIObject } from '@nestjs/swagger';
import { expectProblem } from './support/expect-problem.js';
import { GuestHost, HOST_ORIGIN, type Platform } from './support/guest-host.js';
import { ada, type Answer, SECRET_KEY, TestService } from './support/test-service.js';

const APP = 'https://app.example';
const NAME = '__Host-astra_refresh';
const credentials = { username: 'ada', password: ada.password };

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({
    corsOrigins: [APP],
    auth: { publicUrl: 'https://accounts.example/base', refreshCookie: { origins: [APP] } },
  });
  await service.signUp();
});
afterAll(() => service.stop());

/** What a browser sends from a page of the API's own origin. */
const page = { 'x-astra-client': 'browser', 'sec-fetch-site': 'same-origin' };

/** Sends a request with a cookie. */
const send = (path: string, { cookie, body, token, headers = page }: Sent = {}) =>
  service.request('POST', path, {
    body,
    token,
    headers: { ...headers, ...(cookie && { cookie: `theme=dark; ${NAME}=${cookie}` }) },
  });
interface Sent {
  cookie?: string;
  body?: object;
  token?: string;
  headers?: Record<string, string>;
}

/** The token that an answer puts into the cookie; '' if it takes the cookie back; `undefined` if it does neither. */
function cookieOf({ headers }: Answer): string | undefined {
  const [cookie, ...more] = headers.getSetCookie();
  expect(more).toEqual([]);
  return cookie === undefined ? undefined : new RegExp(`^${NAME}=([^;]*)`).exec(cookie)?.[1];
}

async function signIn(): Promise<{ cookie: string; token: string }> {
  const answer = await send('/auth/login', { body: credentials });
  return { cookie: cookieOf(answer)!, token: answer.body.access_token };
}

const isLive = async (cookie: string) => (await send('/auth/refresh', { cookie })).status === 200;

describe('a page that asks for the cookie', () => {
  it('gets its refresh token in a cookie of this host alone, which no script reads, and not in the body', async () => {
    const answer = await send('/auth/login', { body: credentials });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body).sort()).toEqual(['access_token', 'expires_in', 'token_type']);
    const [value, ...attributes] = answer.headers.getSetCookie()[0].split('; ');
    expect(value).toMatch(/^__Host-astra_refresh=[A-Za-z0-9_-]{71}$/);
    expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=604800', 'Path=/', 'SameSite=Strict', 'Secure']);
  });

  it('stays signed in by it, with a body that is empty or with none', async () => {
    let { cookie } = await signIn();
    for (const body of [undefined, {}]) {
      const answer = await send('/auth/refresh', { cookie, body });
      expect(answer).toMatchObject({ status: 200, body: { token_type: 'bearer' } });
      expect(answer.body.refresh_token).toBeUndefined();
      expect(cookieOf(answer)).not.toBe(cookie);
      cookie = cookieOf(answer)!;
      expect((await service.get('/users/me', answer.body.access_token)).status).toBe(200);
    }
  });

  it('gets the same cookie in two tabs that refresh at the same moment', async () => {
    const { cookie } = await signIn();
    const tabs = await Promise.all([1, 2, 3].map(() => send('/auth/refresh', { cookie })));
    expect(tabs.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(tabs.map(cookieOf)).size).toBe(1);
    expect(await isLive(cookieOf(tabs[0])!)).toBe(true);
  });

  it('loses the cookie with the session, when an old one is replayed', async () => {
    const { cookie } = await signIn();
    const second = cookieOf(await send('/auth/refresh', { cookie }))!;
    const third = cookieOf(await send('/auth/refresh', { cookie: second }))!;
    const replay = await send('/auth/refresh', { cookie });
    expectProblem(replay, 401, 'invalid-refresh-token');
    expect(cookieOf(replay)).toBe('');
    expect(await isLive(third)).toBe(false);
  });

  it('is not signed in without the cookie', async () => {
    const answer = await send('/auth/refresh');
    expectProblem(answer, 401, 'invalid-refresh-token');
    expect(cookieOf(answer)).toBeUndefined();
  });

  it('may bring a token that it kept elsewhere until now', async () => {
    const { refresh_token } = await service.signIn();
    const answer = await send('/auth/refresh', { body: { refresh_token } });
    expect(answer.body.refresh_token).toBeUndefined();
    expect(await isLive(cookieOf(answer)!)).toBe(true);
  });

  it.each(['/auth/logout', '/auth/logout-all'])('loses the cookie with the session by %s', async (path) => {
    const { cookie, token } = await signIn();
    const answer = await send(path, { cookie, token });
    expect(answer.status).toBe(204);
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-astra_refresh=; Path=\/; Max-Age=0; .*Secure/),
    ]);
    expect(await isLive(cookie)).toBe(false);
  });

  it('can end its session by the cookie alone, when its access token is over', async () => {
    const { cookie } = await signIn();
    const answer = await send('/auth/revoke', { cookie });
    expect(answer).toMatchObject({ status: 200, body: {} });
    expect(cookieOf(answer)).toBe('');
    expect(await isLive(cookie)).toBe(false);
    expect((await send('/auth/revoke')).status).toBe(200);
  });

  it('keeps the cookie when its password is changed, as its session goes on', async () => {
    const { cookie, token } = await signIn();
    const body = { current_password: ada.password, new_password: 'Analytical2' };
    const changed = await send('/users/me/password', { cookie, token, body });
    expect(changed.status).toBe(204);
    expect(cookieOf(changed)).toBeUndefined();
    expect(await isLive(cookie)).toBe(true);
    const back = { current_password: 'Analytical2', new_password: ada.password };
    expect((await send('/users/me/password', { token, body: back })).status).toBe(204);
  });
});

describe('any other client', () => {
  const kinds: Record<string, string>[] = [
    {},
    { 'x-astra-client': 'app' },
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
  ];

  it.each(kinds)('gets and sends its refresh token in the body: %j', async (headers) => {
    const login = await send('/auth/login', { body: credentials, headers });
    const { refresh_token } = login.body;
    expect(refresh_token).toMatch(/^[A-Za-z0-9_-]{71}$/);
    expect(cookieOf(login)).toBeUndefined();
    const refreshed = await send('/auth/refresh', { body: { refresh_token }, headers });
    expect(refreshed.body.refresh_token).toMatch(/^[A-Za-z0-9_-]{71}$/);
    expect(cookieOf(refreshed)).toBeUndefined();
  });

  it('has no use for a cookie: it is not looked at', async () => {
    const { cookie } = await signIn();
    expectProblem(await send('/auth/refresh', { cookie, headers: {} }), 422, 'invalid-input');
    expectProblem(await send('/auth/revoke', { cookie, body: {}, headers: {} }), 422, 'invalid-input');
    expect(await isLive(cookie)).toBe(true);
  });
});

describe('a request that does not come from a page of ours', () => {
  const asks = { 'x-astra-client': 'browser' };

  it.each([
    ['of another site', { ...asks, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['of a sibling', { ...asks, 'sec-fetch-site': 'same-site', origin: 'https://evil.accounts.example' }],
    ['of a sibling that hides', { ...asks, 'sec-fetch-site': 'same-site' }],
    ['in a sandbox', { ...asks, 'sec-fetch-site': 'cross-site', origin: 'null' }],
    ['of a browser without fetch metadata', { ...asks, origin: 'https://evil.example' }],
    [
      'on the same host without TLS',
      { ...asks, 'sec-fetch-site': 'cross-site', origin: 'http://app.example' },
    ],
    ['by the address bar', { ...asks, 'sec-fetch-site': 'none' }],
    ['of no browser', asks],
  ])('is refused, and nothing comes of it: a page %s', async (_, headers) => {
    const { cookie } = await signIn();
    for (const path of ['/auth/refresh', '/auth/revoke', '/auth/login']) {
      const body = path === '/auth/login' ? credentials : undefined;
      const answer = await send(path, { cookie, body, headers });
      expectProblem(answer, 403, 'cross-site-request');
      expect(cookieOf(answer)).toBeUndefined();
    }
    expect(await isLive(cookie)).toBe(true);
  });

  it.each([
    ['of an origin that is named', { ...asks, 'sec-fetch-site': 'same-site', origin: APP }],
    ['of PUBLIC_URL, in a browser without fetch metadata', { ...asks, origin: 'https://accounts.example' }],
  ])('is another matter: a page %s', async (_, headers) => {
    const { cookie } = await signIn();
    expect((await send('/auth/refresh', { cookie, headers })).status).toBe(200);
  });
});

describe('CORS', () => {
  const preflight = async (on: TestService, origin: string) => {
    const headers = {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-astra-client',
    };
    const answer = await on.request('OPTIONS', '/auth/refresh', { headers });
    return ['origin', 'credentials', 'headers'].map((name) =>
      answer.headers.get(`access-control-allow-${name}`),
    );
  };

  it('lets the named origins send the cookie and the header, and no others', async () => {
    expect(await preflight(service, APP)).toEqual([APP, 'true', 'content-type,x-astra-client']);
    const [origin] = await preflight(service, 'https://evil.example');
    expect(origin).toBeNull();
  });
});

describe('the OpenAPI document', () => {
  it('tells of the header and of both forms of an answer', async () => {
    const { body } = await service.get<OpenAPIObject>('//openapi.json');
    for (const route of ['login', 'refresh', 'revoke']) {
      const { parameters } = body.paths[`/api/v1/auth/${route}`].post!;
      expect(parameters).toContainEqual(expect.objectContaining({ in: 'header', name: 'X-Astra-Client' }));
    }
    const { responses, requestBody } = body.paths['/api/v1/auth/refresh'].post!;
    expect(requestBody).toMatchObject({ required: false });
    expect(responses['200']).toMatchObject({
      headers: { 'Set-Cookie': {} },
      content: { 'application/json': { schema: { anyOf: [{}, {}] } } },
    });
    expect(body.components?.schemas?.AstraTokenBesideCookie).toMatchObject({
      required: ['access_token', 'token_type', 'expires_in'],
    });
  });
});

describe('without the option', () => {
  it('nobody gets a cookie, and none is looked at', async () => {
    const plain = await TestService.start({ on: service.database, corsOrigins: [APP] });
    try {
      const login = await plain.request('POST', '/auth/login', { body: credentials, headers: page });
      expect(login.body.refresh_token).toMatch(/^[A-Za-z0-9_-]{71}$/);
      expect(login.headers.getSetCookie()).toEqual([]);
      const headers = { ...page, cookie: `${NAME}=${login.body.refresh_token}` };
      expectProblem(await plain.request('POST', '/auth/refresh', { headers }), 422, 'invalid-input');
      const { headers: answered } = await plain.request('GET', '/users/me', { headers: { origin: APP } });
      expect(answered.get('access-control-allow-credentials')).toBeNull();
      const { body } = await plain.get<OpenAPIObject>('//openapi.json');
      expect(JSON.stringify(body)).not.toMatch(/X-Astra-Client"|BesideCookie/);
    } finally {
      await plain.stop();
    }
  });
});

describe.each<Platform>(['fastify', 'express'])(
  'in a host on %s, without plugins for cookies',
  (platform) => {
    it('a page signs in, stays signed in and signs out by the cookie', async () => {
      const refreshCookie = { origins: [HOST_ORIGIN] };
      const host = await GuestHost.start(platform, { auth: { secretKey: SECRET_KEY, refreshCookie } });
      try {
        await host.signUp('ada');
        const headers = { 'x-astra-client': 'browser', origin: HOST_ORIGIN };
        const login = await host.ask('POST /auth/login', { body: credentials, headers });
        expect(login.body.refresh_token).toBeUndefined();
        const cookie = (answer: Answer) => `${NAME}=${cookieOf(answer)}`;
        const refreshed = await host.ask('POST /auth/refresh', {
          headers: { ...headers, cookie: cookie(login) },
        });
        expect(refreshed.status).toBe(200);
        const stranger = { ...headers, cookie: cookie(refreshed), origin: 'https://evil.example' };
        const refused = await host.ask('POST /auth/refresh', { headers: stranger });
        expect(refused).toMatchObject({ status: 403, body: { type: '/problems/cross-site-request' } });
        const token = refreshed.body.access_token;
        const gone = await host.ask('POST /auth/logout', { token, headers: { cookie: cookie(refreshed) } });
        expect([gone.status, cookieOf(gone)]).toEqual([204, '']);
      } finally {
        await host.stop();
      }
    });
  },
);
