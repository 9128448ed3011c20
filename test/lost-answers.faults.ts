import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { ConfirmationsService } from '../src/auth/sessions/generations/confirmations.service.js';
import { eventually } from './support/eventually.js';
import { ServiceProcess } from './support/service-process.js';
import type { TestDatabase } from './support/test-database.js';
import { type Answer, TestService, type Tokens } from './support/test-service.js';

/** Two instances on one database, as behind a load balancer. */
let a: TestService;
let b: TestService;
let database: TestDatabase;
beforeAll(async () => {
  a = await TestService.start();
  b = await TestService.start({ on: a.database });
  database = a.database;
  await a.signUp();
});
afterAll(async () => {
  await b.stop();
  await a.stop();
});

const refresh = (instance: TestService, { refresh_token }: Tokens) =>
  instance.post<Tokens>('/auth/refresh', { refresh_token });
const use = async (instance: TestService, { access_token }: Tokens) =>
  expect((await instance.get('/users/me', access_token)).status).toBe(200);
const sidOf = ({ access_token }: Tokens): string =>
  JSON.parse(Buffer.from(access_token.split('.')[1], 'base64url').toString()).sid;

interface Row {
  confirmed_at: Date | null;
  ended_at: Date | null;
  end_reason: string | null;
  late_repeats: number;
  generation: number;
}
const read = async (tokens: Tokens): Promise<Row> =>
  (await database.query<Row>('SELECT * FROM auth_sessions WHERE id = $1', [sidOf(tokens)]))[0];
const isConfirmed = (tokens: Tokens) =>
  eventually(async () => expect((await read(tokens)).confirmed_at).not.toBeNull(), 10_000);

/** As if so much time had passed since the last refresh, and since its successor was first seen. */
const letPass = (tokens: Tokens, time: string) =>
  database.query(
    `UPDATE auth_sessions SET last_used_at = last_used_at - interval '${time}',
            confirmed_at = confirmed_at - interval '${time}' WHERE id = $1`,
    [sidOf(tokens)],
  );

const twenty = (tokens: Tokens): Promise<Answer<Tokens>[]> =>
  Promise.all(Array.from({ length: 20 }, (_, turn) => refresh(turn % 2 ? a : b, tokens)));

describe('twenty who hold one refresh token, at two instances', () => {
  it.each(['0 seconds', '13 seconds', '13 hours'])(
    'all get the same successor %s after an answer that was lost',
    async (later) => {
      const tokens = await a.signIn();
      const { body: lost } = await refresh(a, tokens);
      await letPass(tokens, later);
      const answers = await twenty(tokens);
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(new Set(answers.map(({ body }) => body.refresh_token))).toEqual(new Set([lost.refresh_token]));
      expect(await read(tokens)).toMatchObject({
        ...{ generation: 1, ended_at: null, late_repeats: later === '0 seconds' ? 0 : 1 },
      });
    },
  );

  it('end the session once, if one of them was seen to use the successor and the grace is over', async () => {
    const tokens = await a.signIn();
    const { body: successor } = await refresh(a, tokens);
    await use(a, successor);
    await isConfirmed(tokens);
    await letPass(tokens, '11 seconds');
    expect((await twenty(tokens)).map(({ status }) => status)).toEqual(Array(20).fill(401));
    expect(await read(tokens)).toMatchObject({ end_reason: 'replay' });
    const events = await database.query(
      `SELECT 1 FROM auth_audit_events WHERE type = 'authn_token_reuse' AND data->>'session' = $1`,
      [sidOf(tokens)],
    );
    expect(events).toHaveLength(1);
    for (const instance of [a, b])
      expect((await instance.get('/users/me', successor.access_token)).status).toBe(401);
  });

  it('end the session once, as the fourth generation in a row that somebody got late', async () => {
    let newest = await a.signIn();
    const first = newest;
    for (let turn = 0; turn < 3; turn++) {
      const parent = newest;
      newest = (await refresh(a, parent)).body;
      await letPass(first, '10 minutes');
      expect((await twenty(parent)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    }
    await refresh(b, newest);
    await letPass(first, '10 minutes');
    expect((await twenty(newest)).map(({ status }) => status)).toEqual(Array(20).fill(401));
    expect(await read(first)).toMatchObject({ end_reason: 'replay' });
  });
});

describe('whoever stole a refresh token', () => {
  /** The owner and the thief hold the same token; one of them comes first. */
  it.each<[string, (owner: Tokens) => Promise<Tokens[]>]>([
    [
      'and used it first is found when the owner comes',
      async (stolen) => {
        const { body: thief } = await refresh(b, stolen);
        await use(b, thief);
        await isConfirmed(stolen);
        await letPass(stolen, '1 minute');
        expect((await refresh(a, stolen)).status).toBe(401);
        return [thief];
      },
    ],
    [
      'and used it after the owner is found',
      async (stolen) => {
        const { body: owner } = await refresh(a, stolen);
        await use(a, owner);
        await isConfirmed(stolen);
        await letPass(stolen, '1 minute');
        expect((await refresh(b, stolen)).status).toBe(401);
        return [owner];
      },
    ],
    [
      'and got the successor that the owner never received is found when the owner comes again',
      async (stolen) => {
        await refresh(a, stolen);
        await letPass(stolen, '13 hours');
        const { body: thief } = await refresh(b, stolen);
        await use(b, thief);
        await isConfirmed(stolen);
        await letPass(stolen, '1 minute');
        expect((await refresh(a, stolen)).status).toBe(401);
        return [thief];
      },
    ],
    [
      'and shows its access tokens elsewhere only is found once it has refreshed again',
      async (stolen) => {
        const { body: second } = await refresh(b, stolen);
        const { body: third } = await refresh(b, second);
        await letPass(stolen, '1 minute');
        expect((await refresh(a, stolen)).status).toBe(401);
        return [second, third];
      },
    ],
    [
      'and shares each successor with the owner, who shows them here, is found at the second refresh',
      async (stolen) => {
        await refresh(b, stolen);
        await letPass(stolen, '10 minutes');
        const { body: shared } = await refresh(a, stolen);
        const { body: owner } = await refresh(a, shared);
        await use(a, owner);
        await isConfirmed(stolen);
        await letPass(stolen, '10 minutes');
        expect((await refresh(b, shared)).status).toBe(401);
        return [shared, owner];
      },
    ],
  ])('%s', async (_, steal) => {
    const stolen = await a.signIn();
    const issued = await steal(stolen);
    expect(await read(stolen)).toMatchObject({ end_reason: 'replay' });
    for (const tokens of [stolen, ...issued]) {
      expect((await a.get('/users/me', tokens.access_token)).status).toBe(401);
      expect((await b.get('/users/me', tokens.access_token)).status).toBe(401);
      expect((await refresh(b, tokens)).status).toBe(401);
    }
  });
});

describe('that a generation is in use', () => {
  it('is written later, and nobody waits, while somebody holds the row', async () => {
    const tokens = await a.signIn();
    const { body: successor } = await refresh(a, tokens);
    const other = new pg.Client({ ...database.connection, user: database.connection.username });
    await other.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT 1 FROM auth_sessions WHERE id = $1 FOR UPDATE', [sidOf(tokens)]);
      await use(a, successor);
      await sleep(2_500);
      await use(a, successor);
      const { body: another } = await refresh(a, await a.signIn());
      await use(a, another);
      await isConfirmed(another);
      expect(await read(tokens)).toMatchObject({ confirmed_at: null });
    } finally {
      await other.query('ROLLBACK');
      await other.end();
    }
    await isConfirmed(tokens);
  });

  it('takes one statement a second, however many are', async () => {
    const db = a.app.get(DataSource);
    const query = db.query.bind(db);
    let statements = 0;
    db.query = ((sql: string, parameters?: unknown[]) => {
      if (sql.includes('SET confirmed_at')) statements++;
      return query(sql, parameters);
    }) as typeof db.query;
    const begun = performance.now();
    try {
      const clients = await Promise.all(Array.from({ length: 10 }, () => a.signIn()));
      const newest = await Promise.all(
        clients.map(async (tokens) => {
          for (let turn = 0; turn < 15; turn++) {
            tokens = (await refresh(a, tokens)).body;
            await use(a, tokens);
            await sleep(100);
          }
          return tokens;
        }),
      );
      for (const tokens of newest) await isConfirmed(tokens);
    } finally {
      db.query = query;
    }
    expect(statements).toBeGreaterThan(0);
    expect(statements).toBeLessThanOrEqual((performance.now() - begun) / 1_000 + 1);
  });

  it('is written before an instance stops', async () => {
    const third = await TestService.start({ on: database });
    const tokens = await third.signIn();
    const { body: successor } = await refresh(third, tokens);
    await use(third, successor);
    await third.stop();
    expect(await read(tokens)).toMatchObject({ confirmed_at: expect.any(Date) });
  });

  it('costs at most 10 µs of CPU, the share of the statement with it', async () => {
    const confirmations = a.app.get(ConfirmationsService, { strict: false });
    const [{ user_id: userId }] = await database.query<{ user_id: string }>(
      'SELECT user_id FROM auth_sessions LIMIT 1',
    );
    const many = 20_000;
    const costs: number[] = [];
    for (let round = 1; round <= 3; round++) {
      const rows = await database.query<{ id: string }>(
        `INSERT INTO auth_sessions (id, user_id, generation, created_at, last_used_at, expires_at, absolute_expires_at)
         SELECT gen_random_uuid(), $1, $2, now(), now(), now() + interval '1 hour', now() + interval '1 hour'
           FROM generate_series(1, $3) RETURNING id`,
        [userId, 1_000 + round, many],
      );
      const before = process.cpuUsage();
      for (const { id } of rows) confirmations.note(id, 1_000 + round);
      await confirmations.onApplicationShutdown();
      const { user, system } = process.cpuUsage(before);
      costs.push((user + system) / many);
    }
    const [{ count }] = await database.query<{ count: number }>(
      'SELECT count(*)::int FROM auth_sessions WHERE generation > 1000 AND confirmed_at IS NOT NULL',
    );
    expect(count).toBe(3 * many);
    expect(Math.min(...costs)).toBeLessThan(10);
    // The next sign-in would end all of them, for longer than a statement may take on a busy machine.
    await database.query('DELETE FROM auth_sessions WHERE generation > 1000');
  });
});

describe('kill -9', () => {
  it('after a refresh loses no session, and hides no thief', async () => {
    const post = async (url: string, tokens: Tokens) =>
      fetch(`${url}/api/v1/auth/refresh`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refresh_token: tokens.refresh_token }),
      });
    const [lost, seen] = [await a.signIn(), await a.signIn()];

    const { username, password = '' } = database.serviceConnection;
    const doomed = ServiceProcess.prepare(database.connection, {
      POSTGRES_SERVICE_USER: username,
      POSTGRES_SERVICE_PASSWORD: password,
    });
    const url = await doomed.start();
    // One answer never arrives; the other does, and its token is shown, but that is not written any more.
    await post(url, lost);
    const successor = (await (await post(url, seen)).json()) as Tokens;
    const me = await fetch(`${url}/api/v1/users/me`, {
      headers: { authorization: `Bearer ${successor.access_token}` },
    });
    expect(me.status).toBe(200);
    await doomed.kill();
    expect(await read(seen)).toMatchObject({ confirmed_at: null, generation: 1 });

    await letPass(lost, '13 hours');
    expect((await refresh(b, lost)).status).toBe(200);

    // Shown once more, to whichever instance, it is written.
    await use(b, successor);
    await isConfirmed(seen);
    await letPass(seen, '11 seconds');
    expect((await refresh(a, seen)).status).toBe(401);
    expect(await read(seen)).toMatchObject({ end_reason: 'replay' });
    expect((await b.get('/users/me', successor.access_token)).status).toBe(401);
    // Each round starts a service, which takes seconds beside other tests.
  }, 180_000);
});
