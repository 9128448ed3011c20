import { DataSource } from 'typeorm';
import { eventually } from './support/eventually.js';
import { runScheduled } from './support/run-scheduled.js';
import { ada, TestService } from './support/test-service.js';

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const bob = { username: 'bob', email: 'bob@example.com', password: 'Robert1234' };

describe('sessions', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await TestService.start();
    await service.signUp();
    await service.signUp(bob);
  });

  afterAll(() => service.stop());

  beforeEach(() => service.database.query('DELETE FROM auth_sessions'));

  const rows = <T extends object>(columns: string) =>
    service.database.query<T>(`SELECT ${columns} FROM auth_sessions`);

  it('are listed with a readable device, the newest first and the own one marked', async () => {
    const curl = await service.request('POST', '/auth/login', {
      body: ada,
      headers: { 'user-agent': 'curl/8.5.0' },
    });
    // The login takes no email; what is sent beside it is refused.
    expect(curl.status).toBe(422);

    const { username, password } = ada;
    for (const agent of ['curl/8.5.0', firefox]) {
      await service.request('POST', '/auth/login', {
        body: { username, password },
        headers: { 'user-agent': agent },
      });
    }
    const { access_token } = await service.signIn();
    const { status, body } = await service.get('/users/me/sessions', access_token);
    expect(status).toBe(200);
    expect(body).toMatchObject({ total: 3, next_cursor: null });
    expect(body.items.map(({ device }: { device: string }) => device)).toEqual([
      'node',
      'Firefox on Linux',
      'curl',
    ]);
    expect(body.items.map(({ current }: { current: boolean }) => current)).toEqual([true, false, false]);
    expect(body.items[0]).toEqual({
      id: expect.any(String),
      current: true,
      ip: '127.0.0.1',
      user_agent: 'node',
      device: 'node',
      created_at: expect.stringMatching(/Z$/),
      last_used_at: expect.stringMatching(/Z$/),
      expires_at: expect.stringMatching(/Z$/),
    });
  });

  it('come in pages', async () => {
    for (let i = 0; i < 5; i++) await service.signIn();
    const { access_token } = await service.signIn();
    const seen: string[] = [];
    let cursor = '';
    do {
      const { body } = await service.get(`/users/me/sessions?limit=2${cursor}`, access_token);
      expect(body.total).toBe(6);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
    } while (cursor);
    expect(new Set(seen).size).toBe(6);
    expect((await service.get('/users/me/sessions?cursor=WzFd', access_token)).status).toBe(422);
  });

  it('end one by one, but not by a stranger', async () => {
    const phone = await service.signIn();
    const { access_token } = await service.signIn();
    const { body } = await service.get('/users/me/sessions', access_token);
    const { id } = body.items.find(({ current }: { current: boolean }) => !current);

    const stranger = await service.signIn(bob);
    expect((await service.delete(`/users/me/sessions/${id}`, stranger.access_token)).status).toBe(404);
    expect((await service.get('/users/me', phone.access_token)).status).toBe(200);

    expect((await service.delete(`/users/me/sessions/${id}`, access_token)).status).toBe(204);
    expect((await service.get('/users/me', phone.access_token)).status).toBe(401);
    expect((await service.post('/auth/refresh', { refresh_token: phone.refresh_token })).status).toBe(401);
    expect((await service.delete(`/users/me/sessions/${id}`, access_token)).status).toBe(404);
    expect((await service.delete('/users/me/sessions/nonsense', access_token)).status).toBe(422);
  });

  it('end all but one', async () => {
    const others = [await service.signIn(), await service.signIn()];
    const { access_token } = await service.signIn();
    expect((await service.delete('/users/me/sessions', access_token)).status).toBe(204);
    for (const other of others) expect((await service.get('/users/me', other.access_token)).status).toBe(401);
    expect((await service.get('/users/me', access_token)).status).toBe(200);
  });

  it('end by any refresh token that they ever had; an unknown one changes nothing', async () => {
    const { access_token, refresh_token } = await service.signIn();
    await service.post('/auth/refresh', { refresh_token });
    const forged = refresh_token.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'));
    for (const token of ['nonsense', forged]) {
      expect(await service.post('/auth/revoke', { token })).toMatchObject({ status: 200, body: {} });
    }
    expect((await service.get('/users/me', access_token)).status).toBe(200);
    expect(await service.post('/auth/revoke', { token: refresh_token })).toMatchObject({
      status: 200,
      body: {},
    });
    expect((await service.get('/users/me', access_token)).status).toBe(401);
  });

  it('take one row a sign-in, however often they are refreshed, and the refreshes touch no index', async () => {
    let { refresh_token } = await service.signIn();
    for (let i = 0; i < 1_000; i++) {
      ({ refresh_token } = (await service.post('/auth/refresh', { refresh_token })).body);
    }
    expect(await rows('generation')).toEqual([{ generation: 1_000 }]);

    // A connection publishes its counters when it likes, unless it is told to; the sleep has the pool ask each.
    const db = service.app.get(DataSource);
    const publish = () => db.query('SELECT pg_stat_force_next_flush(), pg_sleep(0.2)');
    await Promise.all(Array.from({ length: 10 }, publish));
    const [{ updates, hot }] = await service.database.query<{ updates: number; hot: number }>(
      `SELECT n_tup_upd::int AS updates, n_tup_hot_upd::int AS hot FROM pg_stat_user_tables WHERE relname = 'auth_sessions'`,
    );
    expect(updates).toBeGreaterThanOrEqual(1_000);
    expect(hot / updates).toBeGreaterThan(0.95);
  });

  it('are answered from memory: a known one needs no query', async () => {
    const { access_token } = await service.signIn();
    await service.get('/users/me', access_token);
    // Whoever asks the table now waits until the time is up.
    const locked = service.database.query(
      'BEGIN; LOCK TABLE auth_sessions, auth_users IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1); COMMIT',
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    const from = performance.now();
    expect((await service.get('/users/me', access_token)).status).toBe(200);
    expect(performance.now() - from).toBeLessThan(500);
    await locked;
  });

  it('that ended are kept up to a hundred: each sign-in removes some of what is too many, the schedule the rest', async () => {
    const pileUp = (n: number, ended: string) =>
      service.database.query(
        `INSERT INTO auth_sessions (id, user_id, created_at, last_used_at, expires_at, absolute_expires_at, ended_at, end_reason)
         SELECT gen_random_uuid(), id, now(), now(), now(), now() + interval '30 days', ${ended}, 'logout'
           FROM auth_users, generate_series(1, $1) n WHERE username = 'ada'`,
        [n],
      );
    await pileUp(150, `now() - n * interval '1 hour'`);
    await service.signIn();
    expect(await rows('id')).toHaveLength(131);
    await runScheduled(service, 'purge-sessions');
    await eventually(async () => expect(await rows('id')).toHaveLength(101), 5_000);
    const [{ oldest }] = await rows<{ oldest: number }>(
      `extract(day FROM now() - min(ended_at))::int AS oldest`,
    );
    expect(oldest).toBe(4);

    // Other services have to be told of these for as long as their access tokens could live.
    await pileUp(50, 'now()');
    await runScheduled(service, 'purge-sessions');
    await service.database.query(
      `UPDATE auth_sessions SET ended_at = now() - interval '32 days' WHERE ended_at < now() - interval '3 days'`,
    );
    await runScheduled(service, 'purge-sessions');
    await eventually(
      async () =>
        expect(await rows(`DISTINCT ended_at < now() - interval '31 days' AS old`)).not.toContainEqual({
          old: true,
        }),
      5_000,
    );
    expect((await rows(`id`)).length).toBeGreaterThan(50);
  });

  it('that nobody used for too long are noted as ended by the next sign-in', async () => {
    const { access_token } = await service.signIn();
    await service.database.query(`UPDATE auth_sessions SET expires_at = now() - interval '1 minute'`);
    await service.signIn();
    expect(await rows('end_reason, ended_at = expires_at AS at_its_time')).toContainEqual({
      ...{ end_reason: 'expired', at_its_time: true },
    });
    expect((await service.get('/users/me', access_token)).status).toBe(401);
  });

  it('that make room for another, or whose refresh token is revoked, are told in the trail', async () => {
    const first = await service.signIn();
    const sid = ({ access_token }: { access_token: string }) =>
      JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString()).sid as string;
    for (let i = 0; i < 20; i++) await service.signIn();
    const last = await service.signIn();
    await service.post('/auth/revoke', { token: last.refresh_token });
    const { access_token } = await service.signIn();
    const { body } = await service.get('/users/me/events', access_token);
    const events = body.items.map(({ type, data }: { type: string; data: object }) => ({ type, data }));
    expect(events.slice(0, 3)).toEqual([
      { type: 'authn_login_success', data: {} },
      { type: 'session_expired', data: { reason: 'logout', session: sid(last), by: 'revocation' } },
      { type: 'authn_login_success', data: {} },
    ]);
    expect(events).toContainEqual({
      ...{ type: 'session_expired', data: { reason: 'displaced', session: sid(first) } },
    });
  });

  it('are removed by schedule when they are over, and their last access tokens too', async () => {
    const { refresh_token } = await service.signIn();
    const end = (hours: number) =>
      service.database.query(
        'UPDATE auth_sessions SET absolute_expires_at = now() - make_interval(hours => $1)',
        [hours],
      );
    await end(24);
    await runScheduled(service, 'purge-sessions');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await rows('id')).toHaveLength(1);

    await end(26);
    await runScheduled(service, 'purge-sessions');
    await eventually(async () => expect(await rows('id')).toEqual([]), 5_000);
    expect((await service.post('/auth/refresh', { refresh_token })).status).toBe(401);
  });
});
