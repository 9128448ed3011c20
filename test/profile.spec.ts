import { expectGuardedHeaders, expectInvalid, expectProblem } from './support/expect-problem.js';
import { DataSource } from 'typeorm';
import { eventually } from './support/eventually.js';
import { ada, TestService } from './support/test-service.js';

let service: TestService;
let token: string;
let id: string;
beforeAll(async () => {
  service = await TestService.start();
  ({ access_token: token, id } = await service.signUp());
  await service.signUp({ username: 'Grace', email: 'grace@example.com' });
});
afterAll(() => service.stop());

const me = () => service.get('/users/me', token);
const change = (body: object) => service.patch('/users/me', body, token);

it('shows the signed-in user', async () => {
  const answer = await me();
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    id,
    username: 'ada',
    email: 'ada@example.com',
    email_verified: false,
    full_name: null,
    kind: 'person',
    role: 'user',
    is_active: true,
    factors: [],
    must_enrol: false,
    created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expectGuardedHeaders(answer.headers);
});

it('shows that the address was verified', async () => {
  const verified = await service.signUp({ username: 'verified', email: 'verified@example.com' });
  await service.database.query('UPDATE auth_users SET email_verified_at = now() WHERE id = $1', [
    verified.id,
  ]);
  const answer = await service.get('/users/me', verified.access_token);
  expect(answer).toMatchObject({ status: 200, body: { email_verified: true } });
});

describe('a change', () => {
  it('is answered as it is shown from then on', async () => {
    const before = await me();
    const answer = await change({ username: 'Lovelace', full_name: ' Ada Lovelace ' });

    expect(answer).toMatchObject({ status: 200, body: { username: 'Lovelace', full_name: 'Ada Lovelace' } });
    expectGuardedHeaders(answer.headers);
    expect(new Date(answer.body.updated_at).getTime()).toBeGreaterThan(
      new Date(before.body.updated_at).getTime(),
    );
    expect(answer.body.created_at).toBe(before.body.created_at);
    expect((await me()).body).toEqual(answer.body);
  });

  it('of the username is for the next sign-in', async () => {
    await change({ username: 'countess' });
    const login = (username: string) => service.post('/auth/login', { username, password: ada.password });
    expect((await login('Lovelace')).status).toBe(401);
    expect((await login('Countess')).status).toBe(200);
    expect((await login(ada.email)).status).toBe(200);
  });

  it('may be of upper and lower case only', async () => {
    expect(await change({ username: 'Countess' })).toMatchObject({
      status: 200,
      body: { username: 'Countess' },
    });
  });

  it('leaves alone what it does not name', async () => {
    await change({ username: 'ada', full_name: 'Ada' });
    expect(await change({})).toMatchObject({ status: 200, body: { username: 'ada', full_name: 'Ada' } });
    expect(await change({ username: 'ada.l' })).toMatchObject({
      body: { username: 'ada.l', full_name: 'Ada' },
    });
  });

  it.each(['', '   '])('to the name %j takes the name away', async (full_name) => {
    await change({ full_name: 'Ada' });
    expect(await change({ full_name })).toMatchObject({ status: 200, body: { full_name: null } });
  });

  it.each(['Grace', 'grace', 'GRACE'])('to the taken username %s is refused', async (username) => {
    const answer = await change({ username, full_name: 'Not me' });
    expectProblem(answer, 409, 'username-taken');
    expect(answer.body.detail).toBe('Username already registered');
    expect((await me()).body.full_name).not.toBe('Not me');
  });

  it.each([
    ['role', 'admin'],
    ['is_active', false],
    ['email', 'eve@example.com'],
    ['password', 'Different1'],
    ['hashed_password', ''],
    ['id', '0199f3a4-6f0e-7c61-9d5e-0c1f6a4b2d11'],
    ['created_at', '2020-01-01T00:00:00.000Z'],
  ])('of %s is not for users to make', async (field, value) => {
    const before = await me();
    expectInvalid(await change({ [field]: value }), [`body.${field}`, 'extra_forbidden']);
    expect((await me()).body).toEqual(before.body);
  });

  it.each([
    [{ username: 'x' }, 'body.username', 'string_too_short'],
    [{ username: 'x'.repeat(51) }, 'body.username', 'string_too_long'],
    [{ username: 'ada@example.com' }, 'body.username', 'string_pattern_mismatch'],
    [{ full_name: 'x'.repeat(101) }, 'body.full_name', 'string_too_long'],
    [{ full_name: 'a\nb' }, 'body.full_name', 'string_pattern_mismatch'],
  ])('that breaks a rule is refused: %j', async (body, loc, code) => {
    expectInvalid(await change(body), [loc, code]);
  });

  it('is recorded alone, even if another request changes another field meanwhile', async () => {
    const username = `concurrent`;
    const { id: userId } = await service.signUp({ username, email: 'concurrent@example.com' });
    const { access_token } = await service.signIn({ username, password: ada.password });
    // Locks the account as a change does, so that the request waits for it.
    const db = service.app.get(DataSource);
    let changing: Promise<{ status: number }> | undefined;
    await db.transaction(async (tx) => {
      await tx.query("UPDATE auth_users SET full_name = 'Somebody' WHERE id = $1", [userId]);
      changing = service.patch('/users/me', { username: 'concurrent2' }, access_token);
      await eventually(async () => {
        const [{ waiting }] = await service.database.query<{ waiting: number }>(
          `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        expect(waiting).toBe(1);
      });
    });
    expect((await changing)?.status).toBe(200);
    const recorded = await service.database.query(
      "SELECT data FROM auth_audit_events WHERE user_id = $1 AND type = 'user_updated'",
      [userId],
    );
    expect(recorded).toEqual([
      { data: { before: { username: 'concurrent' }, after: { username: 'concurrent2' } } },
    ]);
  });

  it('of one user leaves the others alone', async () => {
    const grace = await service.signIn({ username: 'Grace', password: ada.password });
    expect((await service.get('/users/me', grace.access_token)).body).toMatchObject({
      username: 'Grace',
      full_name: null,
    });
  });
});
