import { hostKind } from './support/contract-host.js';
import { expectInvalid, expectProblem } from './support/expect-problem.js';
import { ada, TestService } from './support/test-service.js';

let service: TestService;
let token: string;
let refreshToken: string;
beforeAll(async () => {
  service = await TestService.start();
  ({ access_token: token, refresh_token: refreshToken } = await service.signUp());
});
afterAll(() => service.stop());

/** Every route that takes a body, with one that it would take. */
const routes = [
  [
    'POST',
    '/auth/register',
    { username: 'eve', email: 'eve@example.com', password: 'Evening1', full_name: 'Eve' },
  ],
  ['POST', '/auth/login', { username: 'ada', password: ada.password, scope: '' }],
  ['POST', '/auth/refresh', { refresh_token: '' }],
  ['PATCH', '/users/me', { username: 'ada', full_name: 'Ada' }],
] as const;

const fields = routes.flatMap(([method, path, body]) =>
  Object.keys(body).map((field) => [method, path, field, body] as const),
);

const send = (method: string, path: string, body: unknown) =>
  service.request(method, path, { token, body: typeof body === 'string' ? body : JSON.stringify(body) });

/** In a host, its body parser may have refused them before. */
const scalars: [string, string, string][] = hostKind
  ? []
  : [
      ['null', 'null', 'missing'],
      ['a text', '"ada"', 'object_type'],
      ['a number', '17', 'object_type'],
      ['true', 'true', 'object_type'],
    ];

describe.each(routes)('%s %s', (method, path, valid) => {
  it.each([
    ['nothing', undefined, 'missing'],
    ['a list', [valid], 'object_type'],
    ['an empty list', [], 'object_type'],
    ...scalars,
  ])('wants an object, not %s', async (_, body, code) => {
    const answer =
      body === undefined ? await service.request(method, path, { token }) : await send(method, path, body);
    expectInvalid(answer, ['body', code]);
  });

  it.each(['role', 'is_admin', 'constructor', 'toString', '', 'ünknown', 'a.b', 'hasOwnProperty'])(
    'refuses the unknown field %j',
    async (field) => {
      const answer = await send(method, path, { ...valid, [field]: 'admin' });
      expectProblem(answer, 422, 'invalid-input');
      expect(answer.body.errors).toEqual([
        { loc: ['body', field], code: 'extra_forbidden', msg: 'This field is not allowed.' },
      ]);
    },
  );

  it('refuses JSON that is nested without an end', async () => {
    for (const value of ['{"a":'.repeat(21) + '0' + '}'.repeat(21), '['.repeat(5_000) + ']'.repeat(5_000)]) {
      expectInvalid(await send(method, path, `{"username": ${value}}`), ['body', 'too_deep']);
    }
  });
});

describe.each(fields)('%s %s', (method, path, field, valid) => {
  it.each([
    ['null', null],
    ['a number', 17],
    ['true', true],
    ['a list', ['ada']],
    ['an object', { $ne: '' }],
  ])(`wants a text for ${field}, not %s`, async (_, value) => {
    const answer = await send(method, path, { ...valid, [field]: value });
    expectProblem(answer, 422, 'invalid-input');
    expect(new Set(answer.body.errors.map(({ loc }: { loc: string[] }) => loc.join('.')))).toEqual(
      new Set([`body.${field}`]),
    );
  });

  it.each([
    ['a NUL', 'a\0b'],
    ['half a surrogate pair', 'a\ud800b'],
    ['the other half', '\udc00'],
  ])(`refuses ${field} with %s`, async (_, value) => {
    expectInvalid(await send(method, path, { ...valid, [field]: value }), [
      `body.${field}`,
      'string_unicode',
    ]);
  });
});

it('changed nothing while it refused', async () => {
  expect(await service.database.query('SELECT username, full_name FROM auth_users')).toEqual([
    { username: 'ada', full_name: null },
  ]);
  expect(await service.post('/auth/refresh', { refresh_token: refreshToken })).toMatchObject({ status: 200 });
});
