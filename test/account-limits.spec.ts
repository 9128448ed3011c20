import { expectProblem } from './support/expect-problem.js';
import type { Operation, Schema } from './support/generated-requests.js';
import { mailTo, tokenIn } from './support/mail.js';
import { ada, type Answer, TestService, type Tokens } from './support/test-service.js';

let service: TestService;
let other: TestService;
beforeAll(async () => {
  // The limits of a service as it comes; only `requests` would end a test of the others.
  const settings = {
    rateLimit: true,
    docs: true,
    trustedProxies: ['127.0.0.1'],
    auth: { rateLimits: { requests: false } },
  } as const;
  service = await TestService.start(settings);
  other = await TestService.start({
    ...settings,
    auth: { ...settings.auth, worker: false },
    on: service.database,
  });
});
afterAll(async () => {
  await other.stop();
  await service.stop();
});

let clients = 0;
/** Each time from another IP address, and by turns from another instance. */
const ask = (method: string, path: string, token?: string, body?: unknown): Promise<Answer> =>
  (++clients % 2 ? service : other).request(method, path, {
    body,
    token,
    headers: { 'x-forwarded-for': `198.51.${(clients >> 8) % 256}.${clients % 256}` },
  });

async function signUp(username: string): Promise<Tokens & { id: string; email: string }> {
  const person = { ...ada, username, email: `${username}@example.com` };
  const { body } = await ask('POST', '/auth/register', undefined, person);
  return { id: body.id, email: person.email, ...(await signIn(username)) };
}

async function signIn(username: string, password = ada.password): Promise<Tokens> {
  const { status, body } = await ask('POST', '/auth/login', undefined, { username, password });
  expect(status).toBe(200);
  return body;
}

function expectLimit(answer: Answer, name: string, limit: number, window: number): void {
  expectProblem(answer, 429, 'too-many-requests');
  expect(answer.headers.get('ratelimit-policy')).toBe(`"${name}";q=${limit};w=${window}`);
  const wait = Number(answer.headers.get('retry-after'));
  expect(wait).toBeGreaterThan(window - 60);
  expect(wait).toBeLessThanOrEqual(window);
}

describe('an account', () => {
  it('changes its password 10 times an hour, from whichever address, instance and session', async () => {
    const { access_token, id } = await signUp('changer');
    let current = ada.password;
    const change = async () => {
      const next = `Nanosecond${clients}cm`;
      const answer = await ask('POST', '/users/me/password', access_token, {
        current_password: current,
        new_password: next,
      });
      if (answer.status === 204) current = next;
      return answer;
    };
    for (let turn = 0; turn < 10; turn++) {
      const answer = await change();
      expect(answer.status).toBe(204);
      expect(answer.headers.get('ratelimit')).toContain(`"password-change";r=${9 - turn};`);
    }
    expectLimit(await change(), 'password-change', 10, 3600);
    const { access_token: fresh } = await signIn('changer', current);
    const again = { current_password: current, new_password: 'Nanosecond30cm' };
    expectLimit(await ask('POST', '/users/me/password', fresh, again), 'password-change', 10, 3600);

    const events = await ask('GET', '/users/me/events?limit=5', fresh);
    expect(events.body.items).toContainEqual(
      expect.objectContaining({
        ...{ type: 'excess_rate_limit_exceeded', user_id: id, data: { limit: 'password-change' } },
      }),
    );
  });

  it('is counted before anything is done: of 40 at once, 10 come to a hash', async () => {
    const { access_token } = await signUp('crowd');
    const body = { current_password: ada.password, new_password: 'Nanosecond30cm' };
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => ask('POST', '/users/me/password', access_token, body)),
    );
    // Others came after the first had changed the password, and after five of them the session has to wait as well.
    const refused = answers.filter(({ headers }) => Number(headers.get('retry-after')) > 900);
    expect(refused.map(({ status }) => status)).toEqual(Array(30).fill(429));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1);
  });

  it('changes its username or name 30 times an hour, so that nobody lists usernames', async () => {
    const { access_token } = await signUp('lister');
    for (let turn = 0; turn < 30; turn++) {
      const username = turn % 2 ? 'changer' : `free${turn}`;
      const { status } = await ask('PATCH', '/users/me', access_token, { username });
      expect(status).toBe(turn % 2 ? 409 : 200);
    }
    expectLimit(await ask('PATCH', '/users/me', access_token, { full_name: 'Ada' }), 'profile', 30, 3600);
  });

  it('asks for another address 5 times an hour', async () => {
    const { access_token } = await signUp('mover');
    const move = () =>
      ask('POST', '/users/me/email', access_token, {
        new_email: `mover${clients}@new.example`,
        current_password: ada.password,
      });
    for (let turn = 0; turn < 5; turn++) expect((await move()).status).toBe(202);
    expectLimit(await move(), 'email-change', 5, 3600);
  });

  it('asks with all others 3 times an hour for one address, however it is spelled', async () => {
    const spellings = [
      'wanted@new.example',
      'Wanted@new.example',
      'wanted@NEW.example',
      'WANTED@New.Example',
    ];
    const answers: Answer[] = [];
    for (const [turn, new_email] of spellings.entries()) {
      const { access_token } = await signUp(`envious${turn}`);
      const body = { new_email, current_password: ada.password };
      answers.push(await ask('POST', '/users/me/email', access_token, body));
    }
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 429]);
    expectLimit(answers[3], 'email-change-address', 3, 3600);
  });
});

describe('a signed-in owner', () => {
  const wrong = 'Synthetical1';
  const tryPassword = (token: string, current_password: string) =>
    ask('DELETE', '/users/me', token, { current_password });

  it('changes password and address, and deletes the account, while a stranger guesses at the sign-in', async () => {
    const { access_token, email } = await signUp('guessed');
    for (let turn = 0; turn < 8; turn++)
      await ask('POST', '/auth/login', undefined, { username: 'guessed', password: wrong });
    const refused = { username: 'guessed', password: ada.password };
    expect((await ask('POST', '/auth/login', undefined, refused)).status).toBe(429);

    const moved = { new_email: `new-${email}`, current_password: ada.password };
    expect((await ask('POST', '/users/me/email', access_token, moved)).status).toBe(202);
    // Also when a hundred wrong ones in a row have disabled it for the sign-in.
    await service.database.query('UPDATE auth_sign_in_failures SET failures = 1000');
    const changed = { current_password: ada.password, new_password: 'Nanosecond30cm' };
    expect((await ask('POST', '/users/me/password', access_token, changed)).status).toBe(204);
    // The new password is good at once: the failures were of the old one.
    await signIn('guessed', 'Nanosecond30cm');
    expect((await tryPassword(access_token, 'Nanosecond30cm')).status).toBe(204);
  });

  it('has 5 tries in 5 minutes in one session, of however many at once, and others in another session', async () => {
    const { access_token } = await signUp('careless');
    const { access_token: another } = await signIn('careless');
    const answers = await Promise.all(Array.from({ length: 20 }, () => tryPassword(access_token, wrong)));
    // A busy machine may have turned some away uncounted.
    for (let turn = 0; turn < 5; turn++) answers.push(await tryPassword(access_token, wrong));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expectLimit(await tryPassword(access_token, ada.password), 'reauthentication', 5, 300);
    expect((await ask('GET', '/users/me', access_token)).status).toBe(200);

    // Neither another session nor the sign-in has to wait.
    expectProblem(await tryPassword(another, wrong), 401, 'invalid-credentials');
    await signIn('careless');
    expect((await tryPassword(another, ada.password)).status).toBe(204);
  });

  it('has them anew after the right one', async () => {
    const { access_token } = await signUp('forgetful');
    const check = (current_password: string) =>
      ask('POST', '/users/me/email', access_token, {
        new_email: `forgetful${clients}@new.example`,
        current_password,
      });
    const prove = (current_password: string) =>
      ask('POST', '/users/me/password', access_token, { current_password, new_password: ada.password });
    for (let turn = 0; turn < 4; turn++) expect((await prove(wrong)).status).toBe(401);
    expect((await prove(ada.password)).status).toBe(204);
    for (let turn = 0; turn < 4; turn++) expect((await check(wrong)).status).toBe(401);
    expect((await check(ada.password)).status).toBe(202);
  });

  it('proves nothing any more in a session after a hundred wrong ones', async () => {
    const { access_token } = await signUp('thief');
    expect((await tryPassword(access_token, wrong)).status).toBe(401);
    await service.database.query('UPDATE auth_sign_in_failures SET failures = 100 WHERE recent = 1');
    expectProblem(await tryPassword(access_token, ada.password), 401, 'invalid-credentials');
    await signIn('thief');
  });
});

describe('the last admin', () => {
  it('cannot be locked out for good by who guesses: a reset by mail makes the password good again', async () => {
    const { id, email } = await signUp('chief');
    await service.database.query(`UPDATE auth_users SET role = 'admin' WHERE id = $1`, [id]);
    await ask('POST', '/auth/login', undefined, { username: 'chief', password: 'wrong' });
    await service.database.query(
      `UPDATE auth_sign_in_failures SET failures = 1000, wait_until = now() + interval '15 min'`,
    );
    const login = { username: 'chief', password: ada.password };
    expect((await ask('POST', '/auth/login', undefined, login)).status).toBe(429);
    expect((await ask('POST', '/auth/password/forgot', undefined, { email })).status).toBe(202);
    const token = await mailedToken(email);
    const reset = { token, new_password: 'Nanosecond30cm' };
    expect((await ask('POST', '/auth/password/reset', undefined, reset)).status).toBe(204);
    await signIn('chief', 'Nanosecond30cm');
  });
});

describe('every route that takes a password, and so may hash one', () => {
  it('has a limit of its own', async () => {
    const { id } = await signUp('walker');
    await service.database.query(`UPDATE auth_users SET role = 'admin' WHERE id = $1`, [id]);
    const { access_token } = await signIn('walker');
    const { body: document } = await service.get<OpenApi>('//openapi.json');
    const takers = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, operation]) => takesPassword(operation, document))
        .map(([method]) => [method.toUpperCase(), path] as const),
    );
    const limits: Record<string, string | null> = {};
    for (const [method, path] of takers) {
      const asked = path.replace('/api/v1', '').replace(/\{\w+\}/g, id);
      const { headers } = await ask(method, asked, access_token, { nonsense: true });
      limits[`${method} ${path}`] = headers.get('ratelimit-policy');
    }
    expect(limits).toMatchObject({
      'POST /api/v1/auth/login': '"sign-in";q=30;w=60',
      'POST /api/v1/auth/password/reset': '"reset";q=20;w=60',
      'POST /api/v1/users/me/password': '"password-change";q=10;w=3600',
      'POST /api/v1/admin/users': '"create-user";q=300;w=3600',
    });
    const unlimited = Object.keys(limits).filter((route) => !limits[route]);
    // Its tries are counted for the session: five in five minutes, and one that succeeds is the last.
    expect(unlimited).toEqual(['DELETE /api/v1/users/me']);
  });
});

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** Whether a field of the body is a password, by its name. */
function takesPassword({ requestBody }: Operation, { components }: OpenApi): boolean {
  return Object.values(requestBody?.content ?? {}).some(({ schema }) => {
    const name = schema.$ref?.split('/').at(-1);
    const { properties = {} } = name ? components.schemas[name] : schema;
    return Object.keys(properties).some((field) => field.includes('password'));
  });
}

async function mailedToken(email: string): Promise<string> {
  const [mail] = await mailTo(service, email, 2);
  return tokenIn(mail);
}
