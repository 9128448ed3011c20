import { DataSource } from 'typeorm';
import { PasswordReplacementService } from '../src/auth/passwords/password-replacement.service.js';
import { PasswordHashes } from '../src/users/password-hashes.js';
import { EmailTakenError, UsernameTakenError } from '../src/users/users.errors.js';
import { FirstAdminService } from '../src/users/admins/first-admin.service.js';
import { UsersService } from '../src/users/users.service.js';
import { expectProblem } from './support/expect-problem.js';
import { ada, type Answer, TestService, type Tokens } from './support/test-service.js';

/** Two instances on one database, as behind a load balancer. */
let instances: [TestService, TestService];
beforeAll(async () => {
  const first = await TestService.start();
  instances = [first, await TestService.start({ on: first.database })];
});
afterAll(async () => {
  await instances[1].stop();
  await instances[0].stop();
});

/** Does something several times at the same moment, by turns on either instance. */
const together = <T>(
  times: number,
  work: (instance: TestService, turn: number) => Promise<T>,
): Promise<T[]> => Promise.all(Array.from({ length: times }, (_, turn) => work(instances[turn % 2], turn)));

const count = async (rows: string, parameters: unknown[] = []): Promise<number> => {
  const sql = `SELECT count(*)::int FROM ${rows}`;
  return (await instances[0].database.query<{ count: number }>(sql, parameters))[0].count;
};

const countByStatus = (answers: Answer[]): Record<number, number> =>
  Object.fromEntries(
    [...Map.groupBy(answers, ({ status }) => status)].map(([status, of]) => [status, of.length]),
  );

/** Each turn another mixture of upper and lower case. */
const mixCase = (text: string, turn: number) =>
  Array.from(text, (letter, at) => ((turn >> (at % 6)) & 1 ? letter.toUpperCase() : letter)).join('');

/** A service that has enough to hash refuses with 503 and has done nothing; such a client comes again. */
async function insistently(send: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await send();
    if (answer.status !== 503) return answer;
    expectProblem(answer, 503, 'overloaded');
    expect(answer.headers.get('retry-after')).toBe('2');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.each(['email', 'username'])('one %s in mixed case', (field) => {
  const person = (name: string, turn: number) => {
    const own = { username: `${name}${turn}`, email: `${name}${turn}@example.com` };
    return { ...own, [field]: mixCase(field === 'email' ? `${name}@example.com` : name, turn) };
  };
  const countOf = (name: string) =>
    count(`auth_users WHERE lower(${field}) = $1`, [field === 'email' ? `${name}@example.com` : name]);

  it('makes one user of 50 registrations', async () => {
    const name = `curie-${field}`;
    const answers = await together(50, (instance, turn) =>
      insistently(() => instance.post('/auth/register', { ...ada, ...person(name, turn) })),
    );
    expect(countByStatus(answers)).toEqual({ 201: 1, 409: 49 });
    for (const answer of answers.filter(({ status }) => status === 409)) {
      expectProblem(answer, 409, field === 'email' ? 'email-taken' : 'username-taken');
    }
    expect(await countOf(name)).toBe(1);
  });

  // Over HTTP only as many arrive at the same moment as can be hashed at once.
  it('makes one user of 50 also where no hash delays them', async () => {
    for (const name of ['noether', 'germain', 'kovalevskaya'].map((name) => `${name}-${field}`)) {
      const refused = await together(50, ({ app }, turn) =>
        app
          .get(UsersService)
          .create({ ...person(name, turn), passwordHash: null })
          .then(
            () => null,
            (error: Error) => error.constructor,
          ),
      );
      const TakenError = field === 'email' ? EmailTakenError : UsernameTakenError;
      expect(refused.filter((error) => error === TakenError)).toHaveLength(49);
      expect(await countOf(name)).toBe(1);
    }
  });
});

describe('one username', () => {
  it('goes to one of ten users who take it', async () => {
    const users = await together(10, (instance, turn) =>
      instance.signUp({ username: `candidate${turn}`, email: `candidate${turn}@example.com` }),
    );
    const answers = await together(10, (instance, turn) =>
      instance.patch('/users/me', { username: mixCase('president', turn) }, users[turn].access_token),
    );
    expect(countByStatus(answers)).toEqual({ 200: 1, 409: 9 });
    expect(await count(`auth_users WHERE lower(username) = 'president'`)).toBe(1);
  });
});

describe('one refresh token', () => {
  let tokens: Tokens;
  beforeAll(async () => {
    tokens = await instances[0].signUp();
  });

  it('used 20 times has one successor, in each of five rounds', async () => {
    for (let round = 1; round <= 5; round++) {
      const { refresh_token } = tokens;
      const answers = await together(20, (instance) =>
        instance.post<Tokens>('/auth/refresh', { refresh_token }),
      );
      expect(countByStatus(answers)).toEqual({ 200: 20 });
      expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
      expect(await count('auth_sessions WHERE generation = $1 AND ended_at IS NULL', [round])).toBe(1);
      tokens = answers[0].body;
      expect((await instances[1].get('/users/me', tokens.access_token)).status).toBe(200);
    }
  });

  const person = { username: 'hopper', email: 'hopper@example.com', password: ada.password };
  let hopperId: string;
  beforeAll(async () => {
    ({ id: hopperId } = await instances[0].signUp(person));
  });

  const setActive = (isActive: boolean) => instances[1].app.get(UsersService).update(hopperId, { isActive });

  /** Replaces the password as a reset does, but for the time that the link and the hash of the new one take. */
  const reset = async () => {
    const { app } = instances[1];
    const passwordHash = await app.get(PasswordHashes, { strict: false }).find(hopperId);
    const client = { ip: null, userAgent: null, requestId: 'race' };
    await app
      .get(DataSource)
      .transaction((tx) =>
        app
          .get(PasswordReplacementService, { strict: false })
          .replace(hopperId, passwordHash!, { reason: 'reset', client }, tx),
      );
  };

  it.each<[string, (accessToken: string) => Promise<unknown>]>([
    ['the logout', (token) => instances[1].post('/auth/logout', undefined, token)],
    ['the deactivation of the account', () => setActive(false)],
    ['a reset of the password', reset],
  ])('racing with %s leaves no live session', async (_, end) => {
    for (let round = 1; round <= 5; round++) {
      await setActive(true);
      const { access_token, refresh_token } = await instances[0].signIn(person);
      const [, ...answers] = await Promise.all([
        end(access_token),
        ...Array.from({ length: 5 }, (_, turn) =>
          instances[turn % 2].post<Tokens>('/auth/refresh', { refresh_token }),
        ),
      ]);
      for (const { status, body } of answers) {
        expect([200, 401]).toContain(status);
        const successor = status === 200 ? body.refresh_token : refresh_token;
        const again = await instances[0].post('/auth/refresh', { refresh_token: successor });
        expectProblem(again, 401, 'invalid-refresh-token');
        if (status !== 200) continue;
        const me = await instances[0].get('/users/me', body.access_token);
        expectProblem(me, 401, 'invalid-token');
      }
    }
  });
});

describe('a sign-in', () => {
  it('racing with the deactivation of the account leaves nobody signed in', async () => {
    const person = { username: 'suspect', email: 'suspect@example.com', password: ada.password };
    const { id } = await instances[0].signUp(person);
    const users = instances[0].app.get(UsersService);

    for (let round = 1; round <= 3; round++) {
      const answers = await together(12, async (instance, turn) => {
        if (turn === 4) await users.update(id, { isActive: false });
        return instance.post('/auth/login', { username: person.username, password: person.password });
      });
      for (const { status, body } of answers) {
        expect([200, 401, 403]).toContain(status);
        if (status !== 200) continue;
        const me = await instances[0].get('/users/me', body.access_token);
        expectProblem(me, 401, 'invalid-token');
      }
      expect(answers[4].status).toBe(403);
      await users.update(id, { isActive: true });
    }
  });

  it('racing with others of the same user leaves as many sessions as may be', async () => {
    const person = { username: 'busy', email: 'busy@example.com', password: ada.password };
    const { id } = await instances[0].signUp(person);
    await together(24, (instance) => instance.signIn(person));
    expect(await count('auth_sessions WHERE user_id = $1 AND ended_at IS NULL', [id])).toBe(20);
    expect(await count(`auth_sessions WHERE user_id = $1 AND end_reason = 'displaced'`, [id])).toBe(5);
  });
});

describe('the first administrator', () => {
  it('is one, however many processes make one', async () => {
    const made = await together(10, ({ app }, turn) =>
      app.get(FirstAdminService).create({
        username: `root${turn}`,
        email: `root${turn}@example.com`,
        passwordHash: null,
      }),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await count(`auth_users WHERE role = 'admin'`)).toBe(1);
  });
});
