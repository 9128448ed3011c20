import { expectInvalid } from './support/expect-problem.js';
import { ada, TestService, type Tokens } from './support/test-service.js';

let service: TestService;
let tokens: Tokens;
beforeAll(async () => {
  service = await TestService.start();
  const { id } = await service.signUp();
  await service.database.query(`UPDATE auth_users SET role = 'admin' WHERE id = $1`, [id]);
  tokens = await service.signIn();
});
afterAll(() => service.stop());

/** Has one sentence, with a capital and a full stop. */
const SENTENCE = /^[A-Z][^\n]*[^.\n]\.$/;
const weak: string[] = ['password_too_short', 'password_needs_upper', 'password_needs_digit'];
const of = (field: string) => weak.map((code): [string, string] => [`body.${field}`, code]);

describe('one answer tells all that is wrong with a body, its password too:', () => {
  it.each<[string, object, [string, string][]]>([
    [
      '/auth/register',
      { username: 'x', email: 'x', password: 'xyz' },
      [['body.username', 'string_too_short'], ['body.email', 'value_error'], ...of('password')],
    ],
    [
      '/auth/register',
      { email: 'x', password: 'xyz', role: 'admin' },
      [
        ['body.role', 'extra_forbidden'],
        ['body.username', 'missing'],
        ['body.email', 'value_error'],
        ...of('password'),
      ],
    ],
    [
      '/auth/register',
      { username: 'x', email: 'grace@example.com', password: 'Grace@Example.com1' },
      [['body.username', 'string_too_short']],
    ],
    [
      '/auth/register',
      { username: 'x', email: 'A1a@example.com', password: 'A1a@example.com' },
      [
        ['body.username', 'string_too_short'],
        ['body.password', 'password_is_personal'],
      ],
    ],
    ['/auth/register', { username: 'grace', email: 'grace@example.com', password: 'xyz' }, of('password')],
    [
      '/auth/register',
      { username: 'x', email: 'grace@example.com', password: 7 },
      [
        ['body.username', 'string_too_short'],
        ['body.password', 'string_type'],
      ],
    ],
    ['/auth/password/reset', { new_password: 'xyz' }, [['body.token', 'missing'], ...of('new_password')]],
    [
      '/users/me/password',
      { current_password: 1, new_password: 'xyz' },
      [['body.current_password', 'string_type'], ...of('new_password')],
    ],
    [
      '/admin/users',
      { username: 'x', email: 'grace@example.com', password: 'xyz' },
      [['body.username', 'string_too_short'], ...of('password')],
    ],
    ['/admin/users', { username: 'x', email: 'grace@example.com' }, [['body.username', 'string_too_short']]],
  ])('%s %j', async (path, body, errors) => {
    const answer = await service.post(path, body, tokens.access_token);
    expectInvalid(answer, ...errors);
    expect(answer.body.detail).toMatch(SENTENCE);
    if (errors.length > 1)
      for (const [loc] of errors) expect(answer.body.detail).toContain(loc.split('.')[1]);
    expect(JSON.stringify(answer.body)).not.toContain('xyz');
  });
});

it.each<[string, string, string, unknown]>([
  ['a body that is no object', 'POST', '/auth/login', []],
  ['no body', 'POST', '/auth/login', undefined],
  ['an unknown field', 'POST', '/auth/login', { ...ada, x: 1 }],
  ['an unknown parameter', 'GET', '/users/me?x=1', undefined],
  ['two unknown parameters', 'GET', '/users/me?x=1&y=2', undefined],
  ['a parameter out of bounds', 'GET', '/users/me/sessions?limit=0', undefined],
  ['no such route', 'GET', '/nothing', undefined],
  ['another method', 'PUT', '/users/me', {}],
  ['broken JSON', 'POST', '/auth/login', '{'],
  ['a wrong password', 'POST', '/auth/login', { username: 'ada', password: 'x' }],
])('says in one sentence what is wrong with %s', async (_, method, path, body) => {
  const { status, body: problem } = await service.request(method, path, { body, token: tokens.access_token });
  expect(status).toBeGreaterThanOrEqual(400);
  // Those of the original service have no full stop.
  expect(problem.detail).toMatch(status === 401 ? /^[A-Z].*[^.]$/ : SENTENCE);
});
