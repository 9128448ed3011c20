import { UsersService } from '../src/users/users.service.js';
import { expectGuardedHeaders, expectProblem, expectRefusedForm } from './support/expect-problem.js';
import { ada, type Answer, TestService } from './support/test-service.js';

let service: TestService;
let adaId: string;
beforeAll(async () => {
  service = await TestService.start();
  ({ id: adaId } = await service.signUp());
});
afterAll(() => service.stop());

const signIn = (username: string, password: string) => service.post('/auth/login', { username, password });

const setActive = (id: string, isActive: boolean) => service.app.get(UsersService).update(id, { isActive });

describe('sign-in', () => {
  it.each([
    ['a username', 'ada'],
    ['a username in other case', 'ADA'],
    ['an email address', 'ada@example.com'],
    ['an email address in other case', 'Ada@Example.COM'],
  ])('takes %s', async (_, login) => {
    const answer = await signIn(login, ada.password);

    expect(answer).toMatchObject({
      status: 200,
      body: {
        access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        refresh_token: expect.stringMatching(/^[\w-]{71}$/),
        token_type: 'bearer',
        expires_in: 900,
      },
    });
    expectGuardedHeaders(answer.headers);
    const me = await service.get('/users/me', answer.body.access_token);
    expect(me).toMatchObject({ status: 200, body: { id: adaId, username: 'ada' } });
  });

  it('issues access tokens by RFC 9068 that say no more than needed', async () => {
    const { access_token } = await service.signIn();
    const [header, claims] = access_token
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));

    expect(header).toEqual({ alg: 'HS256', typ: 'at+jwt', kid: expect.any(String) });
    expect(claims).toEqual({
      iss: 'astra',
      aud: 'astra',
      client_id: 'astra',
      sub: adaId,
      sid: expect.any(String),
      jti: expect.any(String),
      role: 'user',
      gen: 0,
      auth_time: claims.iat,
      amr: ['pwd'],
      acr: 'aal1',
      iat: expect.any(Number),
      exp: claims.iat + 900,
    });
  });

  it('remembers where the session was started', async () => {
    const answer = await service.request('POST', '/auth/login', {
      body: { username: 'ada', password: ada.password },
      headers: { 'user-agent': `Difference Engine ${'2'.repeat(500)}` },
    });
    expect(answer.status).toBe(200);
    const [session] = await service.database.query('SELECT * FROM auth_sessions ORDER BY id DESC LIMIT 1');
    expect(session).toMatchObject({ user_id: adaId, ip: '127.0.0.1', generation: 0, ended_at: null });
    expect(session.user_agent).toBe(`Difference Engine ${'2'.repeat(382)}`);
  });

  it('takes the form of OAuth2, as Swagger UI sends it', async () => {
    const form = { grant_type: 'password', scope: '', client_id: '', client_secret: '' };
    const answer = await service.post(
      '/auth/login',
      new URLSearchParams({ ...form, username: 'ada', password: ada.password }),
    );
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'bearer' } });
  });

  it.each([
    ['an unknown field', 'username=ada&password=x&remember=yes', 'body.remember', 'extra_forbidden'],
    ['a repeated field', 'username=ada&username=eve&password=x', 'body.username', 'string_type'],
    ['a missing field', 'username=ada', 'body.password', 'missing'],
    ['another grant', 'grant_type=implicit&username=ada&password=x', 'body.grant_type', 'enum'],
    ['a NUL', 'username=a%00da&password=x', 'body.username', 'string_unicode'],
  ])('refuses a form with %s', async (_, form, loc, code) => {
    const answer = await service.post('/auth/login', new URLSearchParams(form));
    const error = loc === 'body.grant_type' ? 'unsupported_grant_type' : 'invalid_request';
    expectRefusedForm(answer, 422, 'invalid-input', error);
    expect(answer.body.errors).toMatchObject([{ loc: loc.split('.'), code }]);
  });

  it('compares the password as typed, after NFC', async () => {
    await service.signUp({ username: 'anna', email: 'anna@example.com', password: 'Zur\u0308ich 1912' });
    expect((await signIn('anna', 'Z\u00fcrich 1912')).status).toBe(401);
    expect((await signIn('anna', 'Zu\u0308rich 1912')).status).toBe(401);
    expect((await signIn('anna', 'Zur\u0308ich 1912')).status).toBe(200);
    await service.signUp({ username: 'emil', email: 'emil@example.com', password: 'Zu\u0308rich 1912' });
    expect((await signIn('emil', 'Z\u00fcrich 1912')).status).toBe(200);
  });

  it('counts every character of a password up to the longest', async () => {
    const password = `Aa1${'x'.repeat(125)}`;
    await service.signUp({ username: 'long', email: 'long@example.com', password });
    expect((await signIn('long', `${password.slice(0, -1)}y`)).status).toBe(401);
    expect((await signIn('long', `${password}x`)).status).toBe(401);
  });
});

describe('a refused sign-in', () => {
  /** What a stranger could compare. */
  const look = ({ status, headers, body }: Answer) => ({
    status,
    body: { ...body, request_id: undefined },
    headers: [...headers.keys()],
  });

  it.each([
    ['an unknown username', 'nobody', 'Analytical1'],
    ['an unknown address', 'nobody@example.com', 'Analytical1'],
    ['an empty username', '', 'Analytical1'],
    ['an empty password', 'ada', ''],
    ['a password in other case', 'ada', 'ANALYTICAL1'],
    ['an account without a password', 'invited', 'Analytical1'],
    ['a hash of no known format', 'damaged', 'Analytical1'],
    ['SQL for a name', `ada' OR '1'='1`, 'Analytical1'],
    ['a wildcard for a name', 'ad%', 'Analytical1'],
  ])('looks the same for %s and for a wrong password', async (_, login, password) => {
    await service.database.query(
      `INSERT INTO auth_users (id, username, email, hashed_password)
       VALUES (gen_random_uuid(), 'invited', 'invited@example.com', NULL),
              (gen_random_uuid(), 'damaged', 'damaged@example.com', 'plain:Analytical1') ON CONFLICT DO NOTHING`,
    );
    const wrong = await signIn('ada', 'Synthetical1');
    expectProblem(wrong, 401, 'invalid-credentials');
    expect(wrong.body.detail).toBe('Incorrect username or password');
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer');

    expect(look(await signIn(login, password))).toEqual(look(wrong));
  });

  it('tells that the account is inactive, but only after the right password', async () => {
    const { id } = await service.signUp({ username: 'idle', email: 'idle@example.com' });
    await setActive(id, false);

    const right = await signIn('idle', ada.password);
    expectProblem(right, 403, 'inactive-user');
    expect(right.body.detail).toBe('User account is inactive');
    expect(look(await signIn('idle', 'Synthetical1'))).toEqual(look(await signIn('ada', 'Synthetical1')));

    await setActive(id, true);
    expect((await signIn('idle', ada.password)).status).toBe(200);
  });
});

describe('an imported password hash', () => {
  const hashOf = async (username: string): Promise<string> => {
    const [row] = await service.database.query<{ hashed_password: string }>(
      'SELECT hashed_password FROM auth_users WHERE username = $1',
      [username],
    );
    return row.hashed_password;
  };
  const insert = (username: string, hash: string) =>
    service.database.query(
      `INSERT INTO auth_users (id, username, email, hashed_password, updated_at)
       VALUES (gen_random_uuid(), $1, $2, $3, '2020-01-01')`,
      [username, `${username}@example.com`, hash],
    );

  const passlib = '$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$jIldYQmJou8nVLx7UOmlHKx5vTMrXVZjEPoQLy4grro';
  const django = 'pbkdf2_sha256$29000$abcdefghijkl$sKkQC6TEOdXtNSRukAf6UOkHWiyyMPjJmwwnjFVtvp4=';

  it.each([
    ['Passlib', passlib],
    ['Django', django],
  ])('of %s is replaced by argon2id at sign-in', async (from, hash) => {
    const username = from.toLowerCase();
    await insert(username, hash);

    expect((await signIn(username, 'test1234')).status).toBe(401);
    expect(await hashOf(username)).toBe(hash);
    expect((await signIn(username, 'Test1234')).status).toBe(200);
    const upgraded = await hashOf(username);
    expect(upgraded).toMatch(/^\$argon2id\$/);
    expect((await signIn(username, 'Test1234')).status).toBe(200);
    expect(await hashOf(username)).toBe(upgraded);

    const [{ updated_at }] = await service.database.query(
      'SELECT updated_at FROM auth_users WHERE username = $1',
      [username],
    );
    expect((updated_at as Date).getUTCFullYear()).toBe(2020); // the account itself did not change
  });

  it('is replaced once, and refuses nobody, when several sign in at the same moment', async () => {
    await insert('together', passlib);
    const answers = await Promise.all(Array.from({ length: 8 }, () => signIn('together', 'Test1234')));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(await hashOf('together')).toMatch(/^\$argon2id\$/);
  });

  it('is replaced by PBKDF2 of 600 000 rounds where PASSWORD_HASH says so', async () => {
    const other = await TestService.start({
      on: service.database,
      auth: { passwordHash: 'pbkdf2-sha256' },
    });
    try {
      await insert('original', passlib);
      await other.signIn({ username: 'original', password: 'Test1234' });
      expect(await hashOf('original')).toMatch(/^\$pbkdf2-sha256\$600000\$/);

      await other.signUp({ username: 'second', email: 'second@example.com' });
      expect(await hashOf('second')).toMatch(/^\$pbkdf2-sha256\$600000\$/);
      expect((await other.post('/auth/login', { username: 'second', password: 'x' })).status).toBe(401);
    } finally {
      await other.stop();
    }
    await service.signIn({ username: 'second', password: ada.password });
    expect(await hashOf('second')).toMatch(/^\$argon2id\$/);
  });
});
