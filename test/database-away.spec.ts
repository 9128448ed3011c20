import { CuttableProxy } from './support/cuttable-proxy.js';
import { eventually } from './support/eventually.js';
import { expectProblem } from './support/expect-problem.js';
import { TestDatabase } from './support/test-database.js';
import { ada, type Answer, TestService, type Tokens } from './support/test-service.js';

let database: TestDatabase;
let proxy: CuttableProxy;
let service: TestService;
let tokens: Tokens;
beforeAll(async () => {
  database = await TestDatabase.create();
  proxy = await CuttableProxy.to(database.connection);
  service = await TestService.start({ on: database, via: proxy.address });
  tokens = await service.signUp();
});
afterAll(async () => {
  proxy.restore();
  await service.stop();
  await proxy.close();
  await database.drop();
});
afterEach(() => proxy.restore());

function expectUnavailable(answer: Answer): void {
  expectProblem(answer, 503, 'unavailable');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('while the database is away', () => {
  const requests: [string, () => Promise<Answer>][] = [
    ['a valid token', () => service.get('/users/me', tokens.access_token)],
    ['a sign-in', () => service.post('/auth/login', { username: 'ada', password: ada.password })],
    ['a refresh', () => service.post('/auth/refresh', { refresh_token: tokens.refresh_token })],
    [
      'a registration',
      () => service.post('/auth/register', { ...ada, username: 'eve', email: 'eve@example.com' }),
    ],
    ['a change', () => service.patch('/users/me', { full_name: 'Ada' }, tokens.access_token)],
    ['the question whether it is ready', () => service.get('//health/ready')],
  ];

  it.each(requests)('answers %s with 503, and works again as soon as it is back', async (_, send) => {
    proxy.cut();
    // What was known a moment ago is answered from memory until the silence is noticed.
    await eventually(async () => expectUnavailable(await send()));
    expectUnavailable(await send());

    proxy.restore();
    await eventually(async () => expect((await service.get('//health/ready')).status).toBe(200), 2_000);
    await eventually(
      async () => expect((await service.get('/users/me', tokens.access_token)).status).toBe(200),
      2_000,
    );
  });

  it('is alive, and says what needs no database', async () => {
    proxy.cut();
    expect(await service.get('//health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect((await service.get('//')).status).toBe(200);
    expectProblem(await service.get('/users/me', 'forged'), 401, 'invalid-token');
    expectProblem(await service.get('/users/me'), 401, 'not-authenticated');
  });

  it('finds everything as it was', async () => {
    const refreshed = await service.post('/auth/refresh', { refresh_token: tokens.refresh_token });
    expect(refreshed.status).toBe(200);
    expect((await service.get('/users/me', tokens.access_token)).body.full_name).toBeNull();
    expect(await database.query('SELECT username FROM auth_users')).toEqual([{ username: 'ada' }]);
  });
});
