import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './support/eventually.js';
import { expectGuardedHeaders, expectInvalid, expectProblem } from './support/expect-problem.js';
import { TestService, type Tokens } from './support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
  await service.signUp();
});
afterAll(() => service.stop());

const refresh = (refresh_token: unknown) =>
  service.post<Tokens & { type?: string }>('/auth/refresh', { refresh_token });
const isLetIn = async (access_token: string) => (await service.get('/users/me', access_token)).status === 200;
const sessionOf = ({ access_token }: Tokens): string =>
  JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString()).sid;

/** Changes the row of a session, to test what only time would bring about. */
const change = (tokens: Tokens, assignments: string) =>
  service.database.query(`UPDATE auth_sessions SET ${assignments} WHERE id = $1`, [sessionOf(tokens)]);

/** Shows the access token of a successor, and waits until that is written. */
async function use(successor: Tokens): Promise<void> {
  expect(await isLetIn(successor.access_token)).toBe(true);
  await eventually(async () => expect((await read(successor)).confirmed_at).not.toBeNull(), 5_000);
}

/** As if so much time had passed since the last refresh of a session, and since its successor was first seen. */
const letPass = (tokens: Tokens, time: string) =>
  change(
    tokens,
    `last_used_at = last_used_at - interval '${time}', confirmed_at = confirmed_at - interval '${time}'`,
  );

const read = async (tokens: Tokens) => {
  const [row] = await service.database.query(
    `SELECT *, round(extract(epoch FROM expires_at - now()))::int AS ttl,
            extract(epoch FROM absolute_expires_at - created_at)::int AS max_ttl
       FROM auth_sessions WHERE id = $1`,
    [sessionOf(tokens)],
  );
  return row;
};

async function expectEnded(tokens: Tokens, reason: string): Promise<void> {
  expect(await read(tokens)).toMatchObject({ ended_at: expect.any(Date), end_reason: reason });
  expectProblem(await service.get('/users/me', tokens.access_token), 401, 'invalid-token');
  expectProblem(await refresh(tokens.refresh_token), 401, 'invalid-refresh-token');
}

describe('a refresh', () => {
  it('gives a new refresh token and a new access token of the same session', async () => {
    const first = await service.signIn();
    const answer = await refresh(first.refresh_token);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      refresh_token: expect.stringMatching(/^[\w-]{71}$/),
      token_type: 'bearer',
      expires_in: 900,
    });
    expectGuardedHeaders(answer.headers);
    expect(answer.body.refresh_token).not.toBe(first.refresh_token);
    expect(answer.body.access_token).not.toBe(first.access_token);
    expect(sessionOf(answer.body)).toBe(sessionOf(first));
    expect(await isLetIn(answer.body.access_token)).toBe(true);
    expect(await isLetIn(first.access_token)).toBe(true);
  });

  it('changes the row of the session and adds none, and touches no index', async () => {
    const { database } = service;
    const tokens = await service.signIn();
    const count = async () => (await database.query('SELECT count(*)::int FROM auth_sessions'))[0].count;
    const before = await count();
    let newest = tokens;
    for (let i = 0; i < 5; i++) newest = (await refresh(newest.refresh_token)).body;

    expect(await read(tokens)).toMatchObject({ generation: 5, ended_at: null });
    expect(await count()).toBe(before);
    const indexed = await database.query(
      `SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid = 'auth_sessions'::regclass AND a.attname IN ('generation', 'last_used_at', 'expires_at', 'ip', 'user_agent', 'confirmed_at', 'late_repeats')`,
    );
    expect(indexed).toEqual([]);
  });

  it('prolongs the session, but never past its absolute end', async () => {
    const tokens = await service.signIn();
    expect(await read(tokens)).toMatchObject({ ttl: 7 * 24 * 3600, max_ttl: 30 * 24 * 3600 });
    await change(tokens, `expires_at = now() + interval '1 minute'`);
    const { body: second } = await refresh(tokens.refresh_token);
    expect((await read(tokens)).ttl).toBe(7 * 24 * 3600);

    await change(tokens, `absolute_expires_at = now() + interval '1 hour'`);
    expect((await refresh(second.refresh_token)).status).toBe(200);
    expect((await read(tokens)).ttl).toBe(3600);
  });

  it('gives everyone who holds the parent the same successor, within the grace', async () => {
    const tokens = await service.signIn();
    const first = await refresh(tokens.refresh_token);
    const second = await refresh(tokens.refresh_token);

    expect(second.status).toBe(200);
    expect(second.body.refresh_token).toBe(first.body.refresh_token);
    expect(await read(tokens)).toMatchObject({ generation: 1, ended_at: null });
  });

  it('with the parent after the grace ends the session, if its successor is in use', async () => {
    const tokens = await service.signIn();
    const { body: successor } = await refresh(tokens.refresh_token);
    await use(successor);
    await letPass(tokens, '11 seconds');

    expectProblem(await refresh(tokens.refresh_token), 401, 'invalid-refresh-token');
    await expectEnded(successor, 'replay');
  });

  it.each(['13 seconds', '13 hours'])(
    'with the parent whose answer was lost gives the same successor %s later, again and again',
    async (later) => {
      const tokens = await service.signIn();
      const { body: lost } = await refresh(tokens.refresh_token);
      for (let i = 0; i < 5; i++) {
        await letPass(tokens, later);
        expect(await refresh(tokens.refresh_token)).toMatchObject({
          status: 200,
          body: { refresh_token: lost.refresh_token },
        });
      }
      expect(await read(tokens)).toMatchObject({ generation: 1, ended_at: null });
      expect((await refresh(lost.refresh_token)).status).toBe(200);
    },
  );

  it('with the parent gives the same successor for the grace from when that was first used', async () => {
    const tokens = await service.signIn();
    const { body: lost } = await refresh(tokens.refresh_token);
    await letPass(tokens, '13 hours');
    await use(lost);
    expect(await refresh(tokens.refresh_token)).toMatchObject({
      status: 200,
      body: { refresh_token: lost.refresh_token },
    });
    await letPass(tokens, '11 seconds');
    expectProblem(await refresh(tokens.refresh_token), 401, 'invalid-refresh-token');
    await expectEnded(lost, 'replay');
  });

  it('with the parent ends the session also where the access token of its successor was got by a repeat', async () => {
    const tokens = await service.signIn();
    await refresh(tokens.refresh_token);
    await letPass(tokens, '13 hours');
    const { body: successor } = await refresh(tokens.refresh_token);
    await use(successor);
    await letPass(tokens, '11 seconds');
    expectProblem(await refresh(tokens.refresh_token), 401, 'invalid-refresh-token');
    await expectEnded(successor, 'replay');
  });

  it('is not confirmed by access tokens of before it', async () => {
    const tokens = await service.signIn();
    await isLetIn(tokens.access_token);
    await refresh(tokens.refresh_token);
    expect(await isLetIn(tokens.access_token)).toBe(true);
    await sleep(1_200);
    expect(await read(tokens)).toMatchObject({ confirmed_at: null });
  });

  it('without a grace ends the session as soon as its successor was seen, before that was written', async () => {
    const strict = await TestService.start({ on: service.database, auth: { refreshReuseGrace: 0 } });
    try {
      const tokens = await service.signIn();
      const again = () => strict.post<Tokens>('/auth/refresh', { refresh_token: tokens.refresh_token });
      const { body: successor } = await again();
      expect((await again()).status).toBe(200);
      expect((await strict.get('/users/me', successor.access_token)).status).toBe(200);
      expectProblem(await again(), 401, 'invalid-refresh-token');
      await expectEnded(successor, 'replay');
    } finally {
      await strict.stop();
    }
  });

  it('ends the session of two who refresh by turns, though neither ever shows an access token here', async () => {
    let newest = await service.signIn();
    const first = newest;
    const statuses: number[] = [];
    // Whoever comes second each time gets the same successor, for what looks like a lost answer.
    for (let turn = 0; turn < 4; turn++) {
      const { refresh_token } = newest;
      newest = (await refresh(refresh_token)).body;
      await letPass(first, '10 minutes');
      statuses.push((await refresh(refresh_token)).status);
    }
    expect(statuses).toEqual([200, 200, 200, 401]);
    await expectEnded(newest, 'replay');
  });

  it('may lose many answers, as long as one in four arrives at once', async () => {
    let newest = await service.signIn();
    const first = newest;
    for (let turn = 0; turn < 12; turn++) {
      const { refresh_token } = newest;
      newest = (await refresh(refresh_token)).body;
      await letPass(first, '10 minutes');
      if (turn % 4 < 3) expect((await refresh(refresh_token)).status).toBe(200);
    }
    expect(await read(first)).toMatchObject({ generation: 12, ended_at: null });
  });

  it('with an older generation ends the session, even within the grace', async () => {
    const tokens = await service.signIn();
    const { body: second } = await refresh(tokens.refresh_token);
    const { body: third } = await refresh(second.refresh_token);

    expectProblem(await refresh(tokens.refresh_token), 401, 'invalid-refresh-token');
    await expectEnded(third, 'replay');
  });

  it('with an older generation ends the session also after a restart', async () => {
    const tokens = await service.signIn();
    const { body: second } = await refresh(tokens.refresh_token);
    const { body: third } = await refresh(second.refresh_token);
    const restarted = await TestService.start({ on: service.database });
    try {
      const { refresh_token } = tokens;
      expectProblem(await restarted.post('/auth/refresh', { refresh_token }), 401, 'invalid-refresh-token');
    } finally {
      await restarted.stop();
    }
    await expectEnded(third, 'replay');
  });

  it.each([
    ['unused for too long', 'expires_at = now()'],
    ['ended by an administrator', `ended_at = now(), end_reason = 'administrator'`],
  ])('of a session that was %s is refused', async (_, assignments) => {
    const tokens = await service.signIn();
    await change(tokens, assignments);
    const before = await read(tokens);

    expectProblem(await refresh(tokens.refresh_token), 401, 'invalid-refresh-token');
    expectProblem(await service.get('/users/me', tokens.access_token), 401, 'invalid-token');
    expect(await read(tokens)).toMatchObject({ generation: 0, end_reason: before.end_reason });
  });

  it('is accepted where the session went back to an older generation, and still catches a thief', async () => {
    let newest = await service.signIn();
    for (let i = 0; i < 3; i++) newest = (await refresh(newest.refresh_token)).body;
    await change(newest, 'generation = 1, confirmed_at = NULL');
    const recovered = await refresh(newest.refresh_token);
    expect(recovered.status).toBe(200);
    expect(await read(newest)).toMatchObject({ generation: 4, ended_at: null });
    // Both hold what follows, and one of them is a thief.
    await use(recovered.body);
    await letPass(newest, '11 seconds');
    expect((await refresh(newest.refresh_token)).status).toBe(401);
    await expectEnded(recovered.body, 'replay');
  });

  it('of one that has ended is refused, though its row is older than the token', async () => {
    const { body: newest } = await refresh((await service.signIn()).refresh_token);
    await change(newest, "generation = 0, ended_at = now(), end_reason = 'logout'");
    expect((await refresh(newest.refresh_token)).status).toBe(401);
  });

  it('is refused to an inactive user, and replays nothing', async () => {
    const tokens = await service.signUp({ username: 'idle', email: 'idle@example.com' });
    await service.database.query('UPDATE auth_users SET is_active = false WHERE id = $1', [tokens.id]);
    const answer = await refresh(tokens.refresh_token);

    expectProblem(answer, 401, 'invalid-refresh-token');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await read(tokens)).toMatchObject({ generation: 0, ended_at: null });
  });

  it('is refused once the user is gone', async () => {
    const tokens = await service.signUp({ username: 'gone', email: 'gone@example.com' });
    await service.database.query('DELETE FROM auth_users WHERE id = $1', [tokens.id]);
    expectProblem(await refresh(tokens.refresh_token), 401, 'invalid-refresh-token');
  });

  it.each([
    ['an empty text', () => ''],
    ['an access token', (tokens: Tokens) => tokens.access_token],
    ['a token that is cut', ({ refresh_token }: Tokens) => refresh_token.slice(0, -1)],
    ['a token with one letter changed', ({ refresh_token }: Tokens) => flip(refresh_token, 40)],
    ['a token for another session', ({ refresh_token }: Tokens) => flip(refresh_token, 5)],
    ['a token of another generation', ({ refresh_token }: Tokens) => flip(refresh_token, 26)],
    ['a token of another version', ({ refresh_token }: Tokens) => flip(refresh_token, 0)],
    ['another spelling of the token', ({ refresh_token }: Tokens) => respell(refresh_token)],
    ['a token with padding', ({ refresh_token }: Tokens) => `${refresh_token}=`],
    ['a token with a line break', ({ refresh_token }: Tokens) => `${refresh_token}\n`],
  ])('with %s is refused, and the session lives on', async (_, forge) => {
    const tokens = await service.signIn();
    expectProblem(await refresh(forge(tokens)), 401, 'invalid-refresh-token');
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('with what is no text is refused as input', async () => {
    expectInvalid(await refresh(17), ['body.refresh_token', 'string_type']);
    expectInvalid(await refresh(undefined), ['body.refresh_token', 'missing']);
  });

  it('is not known to a service with another key', async () => {
    const tokens = await service.signIn();
    const other = await TestService.start({
      on: service.database,
      auth: { secretKey: 'another key of the same length, or more' },
    });
    try {
      const { refresh_token } = tokens;
      expectProblem(await other.post('/auth/refresh', { refresh_token }), 401, 'invalid-refresh-token');
      expectProblem(await other.get('/users/me', tokens.access_token), 401, 'invalid-token');
    } finally {
      await other.stop();
    }
  });
});

describe('a logout', () => {
  it('ends this session at once, and no other', async () => {
    const [here, there] = [await service.signIn(), await service.signIn()];
    const answer = await service.post('/auth/logout', undefined, here.access_token);

    expect(answer).toMatchObject({ status: 204, body: '' });
    expectGuardedHeaders(answer.headers);
    await expectEnded(here, 'logout');
    expectProblem(await service.post('/auth/logout', undefined, here.access_token), 401, 'invalid-token');
    expect(await isLetIn(there.access_token)).toBe(true);
  });
});

describe('the sessions of a user', () => {
  it('are twenty at most: the oldest ends when one more begins', async () => {
    const newcomer = { username: 'many', email: 'many@example.com', password: 'Analytical1' };
    const sessions: Tokens[] = [await service.signUp(newcomer)];
    while (sessions.length < 21) sessions.push(await service.signIn(newcomer));

    const [oldest, ...others] = sessions;
    await expectEnded(oldest, 'displaced');
    expect(await Promise.all(others.map(({ access_token }) => isLetIn(access_token)))).toEqual(
      Array(20).fill(true),
    );
  });
});

/** Another letter at one place. */
function flip(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

/** The same bytes with other letters: the last one holds two bits that mean nothing. */
function respell(token: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const respelled = token.slice(0, -1) + letters[letters.indexOf(token.at(-1)!) ^ 1];
  expect(Buffer.from(respelled, 'base64url')).toEqual(Buffer.from(token, 'base64url'));
  return respelled;
}
