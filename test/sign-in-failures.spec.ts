import { DataSource } from 'typeorm';
import { SignInAttemptsService } from '../src/rate-limit/sign-in/sign-in-attempts.service.js';
import { UsersService } from '../src/users/users.service.js';
import { eventually } from './support/eventually.js';
import { expectProblem } from './support/expect-problem.js';
import { runScheduled } from './support/run-scheduled.js';
import { ada, type Answer, TestService, type TestServiceOptions } from './support/test-service.js';

/** Only failures are limited here, wherever they come from. */
const start = (options: TestServiceOptions = {}) =>
  TestService.start({
    rateLimit: true,
    trustedProxies: ['127.0.0.1'],
    auth: { rateLimits: { requests: false, register: false, 'sign-in': false } },
    ...options,
  });

let service: TestService;
beforeAll(async () => {
  service = await start();
});
afterAll(() => service.stop());

let clients = 0;
/** Each time from another address. */
const signIn = (username: string, password: string, on = service) =>
  on.request('POST', '/auth/login', {
    body: { username, password },
    headers: { 'x-forwarded-for': `192.0.2.${++clients % 256}` },
  });

/** Makes an account of its own for a test. */
async function newAccount(): Promise<{ id: string; username: string; email: string }> {
  const username = `user${++clients}`;
  const email = `${username}@example.com`;
  const { id } = await service.signUp({ username, email });
  return { id, username, email };
}

/** Ends the waits that are going on. */
const endWaits = () => service.database.query('UPDATE auth_sign_in_failures SET wait_until = now()');

async function fail(times: number, login: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < times; i++) answers.push(await signIn(login, 'wrong'));
  return answers;
}

const statuses = (answers: Answer[]) => answers.map(({ status }) => status);

function expectWait(answer: Answer, seconds: number): void {
  expectProblem(answer, 429, 'too-many-requests');
  const wait = Number(answer.headers.get('retry-after'));
  expect(wait).toBeLessThanOrEqual(seconds);
  expect(wait).toBeGreaterThan(seconds - 5);
  expect(answer.headers.get('ratelimit')).toBe(`"failures";r=0;t=${wait}`);
  expect(answer.headers.get('ratelimit-policy')).toBe('"failures";q=5;w=300');
}

describe('failed sign-ins of an account', () => {
  it('make everybody wait after the fifth, also those who know the password', async () => {
    const { username } = await newAccount();
    expect(statuses(await fail(5, username))).toEqual([401, 401, 401, 401, 401]);
    expectWait(await signIn(username, ada.password), 30);
    expectWait(await signIn(username, 'wrong'), 30);
  });

  it('make the waits longer, from 30 s to 15 min', async () => {
    const { username } = await newAccount();
    await fail(5, username);
    for (const wait of [60, 120, 240, 480, 900, 900]) {
      await endWaits();
      expect((await signIn(username, 'wrong')).status).toBe(401);
      expectWait(await signIn(username, 'wrong'), wait);
    }
  });

  it('are forgotten when the right password comes', async () => {
    const { username } = await newAccount();
    await fail(5, username);
    await endWaits();
    expect((await signIn(username, ada.password)).status).toBe(200);
    expect(statuses(await fail(5, username))).toEqual([401, 401, 401, 401, 401]);
    expectWait(await signIn(username, 'wrong'), 30);
  });

  it('have no consequence when there are fewer than five in five minutes', async () => {
    const { username } = await newAccount();
    for (let i = 0; i < 3; i++) {
      expect(statuses(await fail(4, username))).toEqual([401, 401, 401, 401]);
      await service.database.query('UPDATE auth_sign_in_failures SET forget_at = now()');
    }
    expect((await signIn(username, ada.password)).status).toBe(200);
  });

  it('are counted together for its username and its address, in whatever case', async () => {
    const { username, email } = await newAccount();
    await fail(2, username);
    await fail(1, username.toUpperCase());
    await fail(2, email);
    for (const login of [username, email, email.toUpperCase()]) expectWait(await signIn(login, 'wrong'), 30);
  });

  it('are forgotten also for an account that is not active', async () => {
    const { id, username } = await newAccount();
    await service.app.get(UsersService, { strict: false }).update(id, { isActive: false });
    await fail(4, username);
    expect((await signIn(username, ada.password)).status).toBe(403);
    expect(statuses(await fail(4, username))).toEqual([401, 401, 401, 401]);
  });

  it('look the same for a name that nobody has', async () => {
    const { username } = await newAccount();
    // Of two waits the second began a moment later.
    const look = ({ status, headers, body }: Answer) => ({
      status,
      names: [...headers.keys()],
      body: { ...body, request_id: undefined, detail: body.detail.replace(/\d+/, 'some') },
    });
    for (let i = 0; i < 6; i++) {
      const known = await signIn(username, 'wrong');
      const unknown = await signIn(`no.${username}`, 'wrong');
      expect(look(unknown)).toEqual(look(known));
    }
    expectWait(await signIn(`NO.${username}`, 'wrong'), 30);
    for (const wait of [60, 120]) {
      await endWaits();
      expect((await signIn(`no.${username}`, 'wrong')).status).toBe(401);
      expectWait(await signIn(`no.${username}`, 'wrong'), wait);
    }
  });
});

describe('many sign-ins at once', () => {
  let other: TestService;
  beforeAll(async () => {
    other = await start({ on: service.database });
  });
  afterAll(() => other.stop());

  it.each([
    ['an account', async () => (await newAccount()).username],
    ['a name that nobody has', async () => 'nobody.at.once'],
  ])('of %s look at five wrong passwords, on however many instances', async (_, nameOf) => {
    const login = await nameOf();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => signIn(login, `wrong${i}`, i % 2 ? other : service)),
    );
    expect(answers.filter(({ status }) => status === 401).length).toBe(5);
    expect(answers.filter(({ status }) => status === 429).length).toBe(45);
  });

  it('refuse nobody who has the right password', async () => {
    const { username } = await newAccount();
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(username, ada.password)));
    expect(statuses(answers)).toEqual(Array(20).fill(200));
  });

  it('count for nothing when there is no time to look at them', async () => {
    const answers = await Promise.all(
      Array.from({ length: 120 }, async (_, i) => {
        const login = `flood${i}`;
        return { login, ...(await signIn(login, 'wrong')) };
      }),
    );
    const refused = answers.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const { login } of refused.slice(0, 3)) {
      expect(statuses(await fail(5, login))).toEqual([401, 401, 401, 401, 401]);
      expectWait(await signIn(login, 'wrong'), 30);
    }
  });
});

describe('a hundred failures in a row', () => {
  const fail100 = async (login: string) => {
    await fail(1, login);
    await service.database.query(
      `UPDATE auth_sign_in_failures SET failures = 99, recent = 9, wait_until = now() WHERE failures = 1`,
    );
    expect((await signIn(login, 'wrong')).status).toBe(401);
  };
  beforeEach(() => service.database.query('DELETE FROM auth_sign_in_failures'));

  it('disable the password, and nobody can tell', async () => {
    const { username } = await newAccount();
    await fail100(username);
    for (let i = 0; i < 2; i++) {
      expectWait(await signIn(username, ada.password), 900);
      await endWaits();
      expectProblem(await signIn(username, ada.password), 401, 'invalid-credentials');
    }

    await service.database.query('DELETE FROM auth_sign_in_failures');
    await fail100(`no.${username}`);
    expectWait(await signIn(`no.${username}`, ada.password), 900);
    await endWaits();
    expectProblem(await signIn(`no.${username}`, ada.password), 401, 'invalid-credentials');
  });

  it('still let the hundredth try succeed', async () => {
    const { username } = await newAccount();
    await fail(1, username);
    await service.database.query('UPDATE auth_sign_in_failures SET failures = 99, wait_until = now()');
    expect((await signIn(username, ada.password)).status).toBe(200);
  });

  it('are forgotten when the password is replaced, and not before', async () => {
    const { id, username } = await newAccount();
    await fail100(username);
    await service.database.query(
      `UPDATE auth_sign_in_failures SET forget_at = now() - interval '1 year', wait_until = now()`,
    );
    const attempts = service.app.get(SignInAttemptsService, { strict: false });
    await attempts.purge();
    expect((await signIn(username, ada.password)).status).toBe(401);

    await service.app.get(DataSource).transaction((tx) => attempts.clear(id, tx));
    expect((await signIn(username, ada.password)).status).toBe(200);
  });
});

describe('the table of the failures', () => {
  it('names nobody, and is empty after sign-ins that succeed', async () => {
    await service.database.query('DELETE FROM auth_sign_in_failures');
    const { username } = await newAccount();
    expect(await service.database.query('SELECT * FROM auth_sign_in_failures')).toEqual([]);
    await fail(1, username);
    await fail(1, `no.${username}`);
    const rows = await service.database.query<{ key: Buffer }>('SELECT * FROM auth_sign_in_failures');
    expect(rows.map(({ key }) => key.length)).toEqual([16, 16]);
  });

  it('forgets a slip after a day, and many failures after a month', async () => {
    await service.database.query('DELETE FROM auth_sign_in_failures');
    const rows = [
      [4, '2 days', 0],
      [4, '23 hours', 1],
      [5, '2 days', 1],
      [99, '29 days', 1],
      [99, '31 days', 0],
      [100, '31 days', 1],
    ] as const;
    for (const [failures, ago] of rows)
      await service.database.query(
        `INSERT INTO auth_sign_in_failures VALUES (decode(md5($1 || $2), 'hex'), $1::int, 1, now(), now() - $2::interval)`,
        [String(failures), ago],
      );
    await runScheduled(service, 'purge-counters');
    await eventually(async () => {
      for (const [failures, ago, left] of rows) {
        const found = await service.database.query(
          `SELECT FROM auth_sign_in_failures WHERE key = decode(md5($1 || $2), 'hex')`,
          [String(failures), ago],
        );
        expect([failures, ago, found.length]).toEqual([failures, ago, left]);
      }
    }, 5_000);
  });
});
