import { setTimeout as sleep } from 'node:timers/promises';
import { Authenticator } from '../src/access/authenticator.js';
import type { PrincipalCache } from '../src/auth/sessions/principal-cache.js';
import { Role } from '../src/settings/role.js';
import { UsersService } from '../src/users/users.service.js';
import { ada, TestService } from './support/test-service.js';

/** A change of role or activation as an administrator makes it, on one instance. */
const users = (service: TestService) => service.app.get(UsersService, { strict: false });

/** How long a service goes on answering like before, in ms. */
async function lag(
  service: TestService,
  token: string,
  isOver: (answer: { status: number; body: { role?: string } }) => boolean,
) {
  const from = performance.now();
  while (performance.now() - from < 3_000) {
    if (isOver(await service.get('/users/me', token))) return performance.now() - from;
  }
  return Infinity;
}

const isRefused = ({ status }: { status: number }) => status === 401;

describe('two instances on one database', () => {
  let a: TestService;
  let b: TestService;

  beforeAll(async () => {
    a = await TestService.start();
    b = await TestService.start({ on: a.database });
    await a.signUp();
  });

  afterAll(async () => {
    await b.stop();
    await a.stop();
  });

  /** Signs in, and has both instances remember the session. */
  async function known(): Promise<{ id: string; token: string; refresh: string }> {
    const { access_token: token, refresh_token: refresh } = await a.signIn();
    const [{ body }] = await Promise.all([
      a.get<{ id: string }>('/users/me', token),
      b.get('/users/me', token),
    ]);
    return { id: body.id, token, refresh };
  }

  const endings: [string, (session: { id: string; token: string; refresh: string }) => Promise<unknown>][] = [
    ['a logout', ({ token }) => a.post('/auth/logout', undefined, token)],
    ['a logout everywhere', ({ token }) => a.post('/auth/logout-all', undefined, token)],
    ['a revoked refresh token', ({ refresh }) => a.post('/auth/revoke', { token: refresh })],
    ['a deactivation', ({ id }) => users(a).update(id, { isActive: false })],
  ];

  it.each(endings)(
    'after %s refuse the access token: the one at once, the other in under a second',
    async (_, end) => {
      const lags: number[] = [];
      for (let round = 0; round < 5; round++) {
        const session = await known();
        await end(session);
        expect((await a.get('/users/me', session.token)).status).toBe(401);
        lags.push(await lag(b, session.token, isRefused));
        await users(a).update(session.id, { isActive: true });
      }
      expect(Math.max(...lags)).toBeLessThan(1_000);
    },
  );

  it('show a new role, the one at once, the other in under a second', async () => {
    const { id, token } = await known();
    await users(a).update(id, { role: Role.Moderator });
    expect((await a.get('/users/moderator-panel', token)).status).toBe(200);
    expect(await lag(b, token, ({ body }) => body.role === 'moderator')).toBeLessThan(1_000);

    await users(a).update(id, { role: Role.User });
    expect((await a.get('/users/moderator-panel', token)).status).toBe(403);
    expect(await lag(b, token, ({ body }) => body.role === 'user')).toBeLessThan(1_000);
    expect((await b.get('/users/moderator-panel', token)).status).toBe(403);
  });

  it('do not trust what they know while they do not hear each other', async () => {
    for (let round = 0; round < 5; round++) {
      const { token } = await known();
      // Cuts the listening connections of both, and waits (a second at most) until they are; the logout may come before
      // either listens again.
      await a.database.query(
        `SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE application_name = 'astra-changes' AND datname = current_database()`,
      );
      await a.post('/auth/logout', undefined, token);
      await sleep(20 * round);
      // A busy process may notice only then that its connection has gone.
      expect(await lag(b, token, isRefused)).toBeLessThan(1_000);
    }
    // And they listen again.
    const listening = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'astra-changes' AND datname = current_database()`;
    for (let i = 0; i < 40 && (await a.database.query<{ n: number }>(listening))[0].n < 2; i++)
      await sleep(50);
    expect((await a.database.query<{ n: number }>(listening))[0].n).toBe(2);
  });

  it('keep no old entry when a read races with a notice', async () => {
    for (let round = 0; round < 25; round++) {
      const { access_token: token } = await a.signIn(ada);
      // The reads are under way, from before the logout until after it, so that some meet its notice.
      const logout = sleep(round % 5).then(() => a.post('/auth/logout', undefined, token));
      const reads = Array.from({ length: 20 }, (_, i) => sleep(i % 7).then(() => b.get('/users/me', token)));
      await Promise.all([logout, ...reads]);
      expect(await lag(b, token, isRefused)).toBeLessThan(1_000);
      const later = await Promise.all(Array.from({ length: 5 }, () => b.get('/users/me', token)));
      expect(later.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
    }
  });
});

describe('the memory of sessions', () => {
  it('keeps those used last', async () => {
    const service = await TestService.start({ auth: { rememberedSessions: 3 } });
    try {
      await service.signUp();
      const tokens: string[] = [];
      for (let i = 0; i < 6; i++) tokens.push((await service.signIn()).access_token);
      const { lookups } = service.app.get<unknown, PrincipalCache>(Authenticator, { strict: false });
      const queriesOf = async (token: string) => {
        const before = lookups.database;
        expect((await service.get('/users/me', token)).status).toBe(200);
        return lookups.database - before;
      };
      const [mine, ...others] = tokens;
      expect(await queriesOf(mine)).toBe(1);
      // Two others in turn, so a cache of three that removed the first to come would have to read this one again.
      for (const other of [...others, ...others]) {
        expect(await queriesOf(other)).toBe(1);
        expect(await queriesOf(mine)).toBe(0);
      }
    } finally {
      await service.stop();
    }
  });

  it('is bounded, and works on without being wrong', async () => {
    const service = await TestService.start({ auth: { rememberedSessions: 3 } });
    try {
      await service.signUp();
      const tokens: string[] = [];
      for (let i = 0; i < 8; i++) tokens.push((await service.signIn()).access_token);
      for (const token of [...tokens, ...tokens])
        expect((await service.get('/users/me', token)).status).toBe(200);

      await service.post('/auth/logout-all', undefined, tokens[0]);
      for (const token of tokens) expect((await service.get('/users/me', token)).status).toBe(401);
    } finally {
      await service.stop();
    }
  });
});
