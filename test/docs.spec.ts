import { DocumentBuilder, type OpenAPIObject } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { addAstraSecurity } from '../src/index.js';
import type { ProblemDocument } from '../src/http/problem/problem.js';
import { servedRoutes } from './support/served-routes.js';
import { ada, TestService } from './support/test-service.js';

interface Content {
  content?: Record<string, { schema?: object; examples?: Record<string, { value: ProblemDocument }> }>;
}
interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security?: object[];
  requestBody?: Content;
  responses: Record<string, Content & { $ref?: string }>;
}
interface Route extends Operation {
  /** Such as `GET /api/v1/users/me`. */
  name: string;
  method: string;
  /** With something in the place of its parameters. */
  path: string;
}

let service: TestService;
let document: OpenAPIObject;
let routes: Route[];

beforeAll(async () => {
  service = await TestService.start({ webhooks: true });
  document = (await service.get<OpenAPIObject>('//openapi.json')).body;
  routes = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([key, operation]) => {
      const method = key.toUpperCase();
      return { ...operation, name: `${method} ${path}`, method, path: path.replace(/\{\w+\}/g, 'x') };
    }),
  );
});
afterAll(() => service.stop());

describe('the OpenAPI document', () => {
  it('is valid by version 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    expect(await new Validator().validate({ ...document })).toEqual({ valid: true });
    expect(JSON.stringify(document)).not.toContain('"nullable"');
  });

  it('describes every route, but for documentation, aids of development and pages', async () => {
    const served = await servedRoutes(service);
    expect(served).toContain('GET /docs');
    expect(routes.map(({ name }) => name).sort()).toEqual(
      served
        .filter((name) => !/^GET \/(docs|redoc|openapi\.json|dev|account|console)\b|\/callback$/.test(name))
        .sort(),
    );
  });

  it('gives each route a summary, an id of its own, and a tag that is described', () => {
    const described = document.tags?.map(({ name }) => name);
    for (const { name, summary, tags, operationId } of routes) {
      expect([name, summary]).toEqual([name, expect.stringMatching(/^[A-Z].*[^.]$/)]);
      expect([name, operationId]).toEqual([name, expect.stringMatching(/^[a-z]+(_[a-z]+)+$/)]);
      expect([name, tags.length, described]).toEqual([name, 1, expect.arrayContaining(tags)]);
    }
    expect(new Set(routes.map(({ operationId }) => operationId)).size).toBe(routes.length);
  });

  it('gives each body a schema', () => {
    const bare = routes.flatMap(({ name, requestBody, responses }) =>
      Object.entries({ ...responses, ...(requestBody && { request: requestBody }) })
        .filter(([status, { content = {} }]) => {
          const bodies = Object.values(content);
          return (
            status !== 'default' &&
            status !== '204' &&
            status !== '303' &&
            status !== '304' &&
            !bodies.some(({ schema }) => schema)
          );
        })
        .map(([status]) => `${name} ${status}`),
    );
    expect(bare).toEqual([]);
    for (const { responses } of routes)
      expect(responses.default).toEqual({ $ref: '#/components/responses/Problem' });
  });

  it('gives each field an example', () => {
    const bare = Object.entries(document.components!.schemas!).flatMap(([schema, { properties }]: any) =>
      Object.entries<any>(properties ?? {})
        .filter(([, field]) => !('example' in field) && !field.$ref && !field.items?.$ref)
        .map(([name]) => `${schema}.${name}`),
    );
    expect(bare).toEqual([]);
  });

  it('shows problems that exist, each under its status and path', async () => {
    for (const { name, status, path, problem } of problems()) {
      const kind = await service.get(`/${problem.type}`);
      expect([name, kind.status, kind.body.title]).toEqual([name, 200, problem.title]);
      expect([name, problem.status]).toEqual([name, Number(status)]);
      expect([name, problem.instance]).toEqual([name, expect.stringMatching(pathPattern(path))]);
      const own = ['errors', 'sign_in_token', 'expires_in', 'factors', 'enrol', 'passkey_options', 'needs'];
      expect(Object.keys(problem).filter((key) => !own.includes(key))).toEqual([
        'type',
        'title',
        'status',
        'detail',
        'instance',
        'request_id',
      ]);
    }
  });

  it.each([
    ['invalid-input', 'POST', '/auth/refresh', {}],
    ['invalid-credentials', 'POST', '/auth/login', { username: 'nobody', password: 'Nothing1' }],
    ['not-authenticated', 'GET', '/users/me', undefined],
  ])('shows the problem %s as %s %s answers it', async (code, method, path, body) => {
    const answer = await service.request(method, path, { body });
    const route = routes.find(({ name }) => name === `${method} /api/v1${path}`);
    const example = route?.responses[answer.status].content?.['application/problem+json'].examples?.[code];
    expect({ ...answer.body, request_id: example?.value.request_id }).toEqual(example?.value);
  });

  it('puts the lock on what is guarded, and on nothing else', async () => {
    for (const { name, method, path, security } of routes) {
      const { body } = await service.request(method, `/${path}`);
      // Routes that accept API keys as well are those of test/api-keys/api-key-use.spec.ts.
      const lock = security?.filter((one) => !('astra_api_key' in one));
      expect([name, lock]).toEqual([
        name,
        body.type === '/problems/not-authenticated' ? [{ astra: [] }] : undefined,
      ]);
    }
  });

  it('names the sign-in that Swagger UI asks for tokens', () => {
    expect(document.components?.securitySchemes?.astra).toMatchObject({
      type: 'oauth2',
      flows: { password: { tokenUrl: '/api/v1/auth/login', refreshUrl: '/api/v1/auth/login' } },
    });
  });

  it('takes the sign-in of a host that has another prefix', () => {
    const { components } = addAstraSecurity(new DocumentBuilder(), { tokenUrl: '/v2/auth/login' }).build();
    expect(components?.securitySchemes).toMatchObject({
      astra: { flows: { password: { tokenUrl: '/v2/auth/login', refreshUrl: '/v2/auth/login' } } },
    });
  });

  function problems() {
    return routes.flatMap(({ name, path, responses }) =>
      Object.entries(responses).flatMap(([status, { content }]) =>
        Object.values(content?.['application/problem+json']?.examples ?? {}).map(({ value }) => ({
          name,
          path,
          status,
          problem: value,
        })),
      ),
    );
  }
});

describe('Authorize', () => {
  beforeAll(() => service.signUp());

  const client = { client_id: 'someone', client_secret: 'something' };
  const basic = (credentials: string) => ({ authorization: `Basic ${btoa(credentials)}` });
  it.each([
    ['no client', {}, {}],
    ['an empty client in the header', {}, basic(':')],
    ['a client in the header', {}, basic('someone:something')],
    ['a client in the body', client, {}],
    ['an empty client in the body', { client_id: '', client_secret: '' }, {}],
  ])('signs in with %s', async (_, fields, headers) => {
    const { username, password } = ada;
    const body = new URLSearchParams({ grant_type: 'password', username, password, ...fields });
    const login = await service.request('POST', '/auth/login', { body, headers });
    expect([login.status, login.body.token_type]).toEqual([200, 'bearer']);
    expect((await service.get('/users/me', login.body.access_token)).status).toBe(200);
  });
});

describe.each(['/docs', '/redoc'])('the page %s', (path) => {
  let html: string;
  let headers: Headers;
  let files: string[];

  beforeAll(async () => {
    ({ body: html, headers } = await service.get<string>(`/${path}`));
    files = [...html.matchAll(/(?:src|href)="(.*?)"/g)].map(([, url]) => url);
  });

  it('is HTML, and fresh', () => {
    expect(html).toMatch(/^<!doctype html>/);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('refers to files below itself only', () => {
    expect(files.length).toBeGreaterThan(1);
    // Relative, so that a proxy can serve all of it below a path.
    for (const url of files) expect(url).toMatch(/^((docs|redoc)\/|data:,$)/);
  });

  it('is served with these files, which a browser keeps', async () => {
    for (const url of files.filter((url) => !url.startsWith('data:'))) {
      const file = await service.get(`//${url}`);
      expect([url, file.status]).toEqual([url, 200]);
      expect(file.headers.get('content-type')).toMatch(
        /^(text\/(css|javascript); charset=utf-8|image\/png)$/,
      );
      expect(file.headers.get('cache-control')).toBe('public, max-age=3600');
      const again = await service.request('GET', `//${url}`, {
        headers: { 'if-none-match': file.headers.get('etag') ?? '' },
      });
      expect([url, again.status, again.body]).toEqual([url, 304, '']);
    }
  });

  it('runs no script and no style but these', () => {
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });
});

it('loads no logo from a CDN in ReDoc', async () => {
  const { body } = await service.get<string>('//redoc/redoc.standalone.js');
  expect(body.length).toBeGreaterThan(1_000_000);
  expect(body).not.toMatch(/https?:\/\/[a-z.]*cdn\b/);
});

it('can be turned off', async () => {
  const closed = await TestService.start({ docs: false, on: service.database });
  try {
    for (const path of ['/docs', '/docs/init.js', '/redoc', '/redoc/init.js', '/openapi.json'])
      expect([path, (await closed.get(`/${path}`)).status]).toEqual([path, 404]);
  } finally {
    await closed.stop();
  }
});

function pathPattern(path: string): RegExp {
  return new RegExp(`^${path.replace(/\./g, '\\.').replace(/\bx\b/g, '[0-9a-f-]{36}')}$`);
}
