import pg from 'pg';
import { CounterKeys } from '../src/rate-limit/counters/counter-keys.js';
import { earlyInStep, totpCode } from './support/authenticator.js';
import { statementsDuring } from './support/counted-queries.js';
import { eventually } from './support/eventually.js';
import { expectProblem } from './support/expect-problem.js';
import { newAccount, newFactorHolder } from './support/factor-holder.js';
import { ada, SECRET_KEY, TestService } from './support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({
    rateLimit: true,
    auth: { rateLimits: { 'sign-in': false, register: false } },
  });
});
afterAll(() => service.stop());
beforeEach(() => earlyInStep());

const query = <T extends object = any>(sql: string, ...values: unknown[]) =>
  service.database.query<T>(sql, values);
const signIn = (username: string, totp_code?: string) =>
  service.post('/auth/login', { username, password: ada.password, ...(totp_code && { totp_code }) });
const sessionsOf = async (userId: string) =>
  (await query('SELECT FROM auth_sessions WHERE user_id = $1', userId)).length;
const stepOf = async (userId: string) => {
  const [{ last_step }] = await query('SELECT last_step FROM auth_totp WHERE user_id = $1', userId);
  return last_step;
};

let people = 0;
const somebody = () => newFactorHolder(service, `sender${++people}`);

/** Runs a sign-in that waits for the account's row, and changes the row before it goes on. */
async function whileItWaits(
  userId: string,
  change: (tx: pg.Client) => Promise<unknown>,
  attempt: () => ReturnType<typeof signIn>,
  statement = 'hashed_password = $2',
) {
  const { connection } = service.database;
  const tx = new pg.Client({ ...connection, user: connection.username });
  await tx.connect();
  try {
    await tx.query('BEGIN');
    await tx.query('SELECT FROM auth_users WHERE id = $1 FOR UPDATE', [userId]);
    const answer = attempt();
    await eventually(async () => {
      const waiting = await query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
        AND datname = current_database() AND strpos(query, $1) > 0`,
        statement,
      );
      expect(waiting).toHaveLength(1);
    });
    await change(tx);
    await tx.query('COMMIT');
    return await answer;
  } finally {
    await tx.end();
  }
}

/** Returns the statements about accounts, and of transactions, that some work takes; all, or only those parsed anew. */
async function statementsOf(work: () => Promise<unknown>, { unnamed = false } = {}): Promise<string[]> {
  const sent = await statementsDuring(work);
  return sent
    .filter(({ name }) => !unnamed || name === undefined)
    .map(({ text }) => text)
    .filter((text) => /\bauth_|^(START TRANSACTION|COMMIT)$/.test(text));
}

describe('a code sent along with the password', () => {
  it('takes two statements more than the password alone', async () => {
    const alone = await newAccount(service, 'alone');
    const { username, secret } = await somebody();
    const expectSignIn = async (name: string, code?: string) =>
      expect((await signIn(name, code)).status).toBe(200);
    const plain = await statementsOf(() => expectSignIn(alone.username));
    // The account, counting the attempt, its end and the sign-in, the transaction, the lock, the factors, the session, the event.
    expect(plain).toHaveLength(10);
    const twice = await statementsOf(() => expectSignIn(username, totpCode(secret)));
    // Beside the two for the code: those that count it before it is verified, and forget the count afterwards.
    const ofTheCode = twice.filter((text) =>
      /auth_totp\s+(SET|WHERE)|FROM auth_totp WHERE user_id/.test(text),
    );
    const counting = twice.filter((text) => text.includes('auth_sign_in_failures'));
    const countingPlain = plain.filter((text) => text.includes('auth_sign_in_failures'));
    expect(ofTheCode.length).toBeGreaterThan(0);
    expect(twice.length - counting.length).toBe(plain.length - countingPlain.length + 2);
    expect(counting.length).toBe(2 * countingPlain.length);
  });

  it('takes six statements more in a request of its own', async () => {
    const alone = await newAccount(service, 'lonely');
    const { username, secret } = await somebody();
    const ofSignIns = (texts: string[]) => texts.filter((text) => !text.includes('auth_sign_in_failures'));
    const plain = await statementsOf(() => signIn(alone.username));
    let token = '';
    const first = await statementsOf(async () => {
      token = (await signIn(username)).body.sign_in_token;
    });
    const second = await statementsOf(async () => {
      const proof = { sign_in_token: token, totp_code: totpCode(secret) };
      expect((await service.post('/auth/login/continue', proof)).status).toBe(200);
    });
    expect(ofSignIns([...first, ...second])).toHaveLength(ofSignIns(plain).length + 6);
  });

  it('has no statement parsed anew, in one request or two', async () => {
    const { username, secret } = await somebody();
    const other = await somebody();
    const parsed = await statementsOf(
      async () => {
        expect((await signIn(username, totpCode(secret))).status).toBe(200);
        const { sign_in_token } = (await signIn(other.username)).body;
        const proof = { sign_in_token, totp_code: totpCode(other.secret) };
        expect((await service.post('/auth/login/continue', proof)).status).toBe(200);
      },
      { unnamed: true },
    );
    const transaction = ['START TRANSACTION', 'COMMIT'];
    expect(parsed).toEqual([...transaction, ...transaction, ...transaction]);
  });

  it('is used once, by one of 20 sign-ins at a time', async () => {
    const { userId, username, secret } = await somebody();
    const before = await sessionsOf(userId);
    await query('UPDATE auth_totp SET last_step = 0 WHERE user_id = $1', userId);
    const code = totpCode(secret);
    const answers = await Promise.all(Array.from({ length: 20 }, () => signIn(username, code)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200))
      if (answer.status === 401) expectProblem(answer, 401, 'invalid-proof');
      else expect([429, 503]).toContain(answer.status);
    expect(await sessionsOf(userId)).toBe(before + 1);
  });

  it('leaves no sign-in that waits, whether it is right or wrong', async () => {
    const { userId, username, secret } = await somebody();
    const wrong = await signIn(username, '000000');
    expectProblem(wrong, 401, 'invalid-proof');
    expect(wrong.body).not.toHaveProperty('sign_in_token');
    expect((await signIn(username, totpCode(secret))).status).toBe(200);
    expect(await query('SELECT FROM auth_sign_ins WHERE user_id = $1', userId)).toEqual([]);
    const events = await query(
      `SELECT type, data FROM auth_audit_events WHERE user_id = $1 AND type LIKE 'authn%' ORDER BY id DESC LIMIT 2`,
      userId,
    );
    expect(events).toMatchObject([
      { type: 'authn_login_success', data: { method: 'otp' } },
      { type: 'authn_factor_fail', data: { factor: 'totp' } },
    ]);
  });

  it('is counted for the account: after five wrong ones the right one waits', async () => {
    const { userId, username, secret } = await somebody();
    const before = await sessionsOf(userId);
    for (let i = 0; i < 5; i++) expectProblem(await signIn(username, '000000'), 401, 'invalid-proof');
    expectProblem(await signIn(username, totpCode(secret)), 429, 'too-many-requests');
    expect(await sessionsOf(userId)).toBe(before);
  });

  it('in a request of its own: while the account waits, the sign-in is not tried either', async () => {
    const { userId, username, secret } = await somebody();
    const { sign_in_token } = (await signIn(username)).body;
    const proceed = (totp_code: string) => service.post('/auth/login/continue', { sign_in_token, totp_code });
    for (let i = 0; i < 5; i++) expectProblem(await signIn(username, '000000'), 401, 'invalid-proof');
    for (let i = 0; i < 6; i++) expectProblem(await proceed('000000'), 429, 'too-many-requests');
    expect(await query('SELECT failures FROM auth_sign_ins WHERE user_id = $1', userId)).toEqual([
      { failures: 0 },
    ]);
    await query('UPDATE auth_sign_in_failures SET wait_until = now()');
    expect((await proceed(totpCode(secret))).status).toBe(200);
  });

  it('in a request of its own: is not used by a sign-in that was ended while it waited', async () => {
    const { userId, username, secret } = await somebody();
    const before = await sessionsOf(userId);
    const [step, code] = [await stepOf(userId), totpCode(secret)];
    const { sign_in_token } = (await signIn(username)).body;
    const answer = await whileItWaits(
      userId,
      (tx) => tx.query('DELETE FROM auth_sign_ins WHERE user_id = $1', [userId]),
      () => service.post('/auth/login/continue', { sign_in_token, totp_code: code }),
      'DELETE FROM auth_sign_ins',
    );
    expectProblem(answer, 401, 'invalid-sign-in');
    expect(await sessionsOf(userId)).toBe(before);
    expect(await stepOf(userId)).toBe(step);
  });

  it('is not used by a sign-in whose password was changed meanwhile', async () => {
    const { userId, username, secret } = await somebody();
    const before = await sessionsOf(userId);
    const [step, code] = [await stepOf(userId), totpCode(secret)];
    const answer = await whileItWaits(
      userId,
      (tx) => tx.query('UPDATE auth_users SET hashed_password = NULL WHERE id = $1', [userId]),
      () => signIn(username, code),
    );
    expectProblem(answer, 401, 'invalid-credentials');
    expect(await sessionsOf(userId)).toBe(before);
    expect(await stepOf(userId)).toBe(step);
    const key = new CounterKeys(SECRET_KEY).of('factor', userId);
    const counted = await query('SELECT FROM auth_sign_in_failures WHERE key = $1 AND failures > 0', key);
    expect(counted).toEqual([]);
  });

  it('is used by a sign-in whose hash became another one of the same password', async () => {
    const { userId, username, secret } = await somebody();
    const { username: other } = await newAccount(service, `other${people}`);
    const answer = await whileItWaits(
      userId,
      (tx) =>
        tx.query(
          `UPDATE auth_users SET hashed_password = o.hashed_password FROM auth_users o
            WHERE auth_users.id = $1 AND o.username = $2`,
          [userId, other],
        ),
      () => signIn(username, totpCode(secret)),
    );
    expect(answer.status).toBe(200);
  });
});
