import { earlyInStep, totpCode } from '../support/authenticator.js';
import { callersOfTheDoor } from '../support/door-callers.js';
import { expectProblem } from '../support/expect-problem.js';
import { addApp } from '../support/factor-holder.js';
import { forge } from '../support/forge.js';
import { type Answer, TestService } from '../support/test-service.js';
import { createFastApiDatabase, person } from './support/fastapi-database.js';
import { runImport } from './support/run-import.js';
import type { TestDatabase } from '../support/test-database.js';

const LEGACY_KEY = 'the SECRET_KEY of the FastAPI service';
const DAY = 24 * 60 * 60;

let service: TestService;
let original: TestDatabase;
beforeAll(async () => {
  service = await TestService.start({
    auth: { secondFactor: { required: ['admin'] } },
    fastapi: { legacyTokens: { secretKey: LEGACY_KEY, until: new Date(Date.now() + 10 * DAY * 1_000) } },
  });
  original = await createFastApiDatabase([person('ada'), person('grace'), person('root', { role: 'admin' })]);
  await runImport([], { from: original, on: service.database });
  await service.database.query('UPDATE auth_users SET email_verified_at = now()');
});
afterAll(async () => {
  await service.stop();
  await original.drop();
});
beforeEach(() => earlyInStep());

/** Token of the FastAPI service, each unlike the others. */
let tokens = 0;
const legacy = (type: 'access' | 'refresh', sub: string) =>
  forge(
    {
      header: { alg: 'HS256', typ: 'JWT' },
      claims: { sub, exp: Math.floor(Date.now() / 1_000) + 1_800 - ++tokens, type },
    },
    { key: LEGACY_KEY },
  );
const refresh = (name: string) => service.post('/auth/refresh', { refresh_token: legacy('refresh', name) });

function expectNoToken(answer: Answer, status: number, code: string) {
  expect([answer.status, answer.body.type]).toEqual([status, `/problems/${code}`]);
  expect(JSON.stringify(answer.body)).not.toMatch(/(access|refresh)_token/);
}

describe('a token of the FastAPI service', () => {
  it('is no way around a second factor', async () => {
    const before = legacy('access', 'ada');
    expect((await service.get('/users/me', before)).status).toBe(200);
    const { access_token } = await service.signIn({ username: 'ada', password: 'Test1234' });
    const { secret } = await addApp(service, access_token);
    // Adding it ended them all.
    expectProblem(await service.get('/users/me', before), 401, 'invalid-token');
    expectNoToken(await refresh('ada'), 401, 'invalid-refresh-token');

    // Even if they had not ended, the door would ask.
    await service.database.query('UPDATE auth_imported_users SET legacy_tokens_ended_at = NULL');
    const refused = await refresh('ada');
    expectNoToken(refused, 403, 'factor-required');
    const { status, body } = await service.post('/auth/login/continue', {
      ...{ sign_in_token: refused.body.sign_in_token, totp_code: totpCode(secret) },
    });
    expect({ status, body }).toMatchObject({ status: 200, body: { access_token: expect.any(String) } });
  });

  it('gets no session of a role that requires a factor', async () => {
    expectNoToken(await refresh('root'), 403, 'factor-enrolment-required');
  });

  it('begins a session of an account that needs none', async () => {
    expect((await refresh('grace')).status).toBe(200);
  });
});

it('the rows above name every place of this folder that may start a session', () => {
  expect(callersOfTheDoor('src/fastapi')).toEqual(['src/fastapi/tokens/legacy-sign-in.service.ts']);
});
