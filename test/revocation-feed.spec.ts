import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { Role } from '../src/settings/role.js';
import type { RevocationsDto } from '../src/auth/sessions/revocations/revocations.dto.js';
import { UsersService } from '../src/users/users.service.js';
import { eventually } from './support/eventually.js';
import { type Answer, TestService } from './support/test-service.js';

const FEED = '//.well-known/revocations';

const { jest } = import.meta;

describe('the revocation feed', () => {
  let service: TestService;
  let userId: string;

  beforeAll(async () => {
    service = await TestService.start();
    ({ id: userId } = await service.signUp());
  });

  afterAll(() => service.stop());

  beforeEach(async () => {
    await service.database.query('DELETE FROM auth_sessions');
    // What was read for the test before is shared for a second.
    await sleep(1_000);
  });

  afterEach(() => jest.restoreAllMocks());

  const read = async (cursor?: string): Promise<RevocationsDto> => {
    const answer = await service.get<RevocationsDto>(cursor ? `${FEED}?cursor=${cursor}` : FEED);
    expect(answer.status).toBe(200);
    return answer.body;
  };

  const readAll = async (cursor?: string) => {
    const pages = [await read(cursor)];
    for (let next = pages[0].next_page; next; next = pages.at(-1)!.next_page) pages.push(await read(next));
    return pages;
  };

  /** Sessions that ended long ago, or all at one moment. */
  const addEnded = async (count: number, endedAt: string): Promise<string[]> => {
    const ids = Array.from({ length: count }, () => uuid());
    await service.database.query(
      `INSERT INTO auth_sessions (id, user_id, created_at, last_used_at, expires_at, absolute_expires_at, ended_at, end_reason)
       SELECT id::uuid, '${userId}', now(), now(), now() + interval '1 day', now() + interval '1 day', ${endedAt}, 'logout'
         FROM unnest(string_to_array('${ids.join(',')}', ',')) AS id`,
    );
    return ids;
  };

  const sessionsOf = (pages: RevocationsDto[]) =>
    pages.flatMap(({ sessions }) => sessions.map(({ id }) => id));

  it('says of a session and a user no more than what to refuse', async () => {
    const { access_token } = await service.signIn();
    const { id } = (await service.get('/users/me/sessions', access_token)).body.items[0];
    await service.post('/auth/logout', undefined, access_token);
    await service.app.get(UsersService, { strict: false }).update(userId, { role: Role.Moderator });
    await sleep(1_000);
    expect(await read()).toEqual({
      sessions: [{ id }],
      users: [{ id: userId, generation: 1 }],
      keys: [],
      cursor: expect.stringMatching(/^\d{10}$/),
      next_page: null,
      window: 930,
    });
  });

  it('has pages of 500, also of sessions that ended in one moment, and leaves none out', async () => {
    const ids = [
      ...(await addEnded(1_200, 'now()')),
      ...(await addEnded(3, `now() - interval '14 minutes'`)),
    ];
    await addEnded(3, `now() - interval '16 minutes'`);
    const pages = await readAll();
    expect(pages.map(({ sessions, users }) => sessions.length + users.length).slice(0, 2)).toEqual([
      500, 500,
    ]);
    expect(pages).toHaveLength(3);
    expect(new Set(sessionsOf(pages))).toEqual(new Set(ids));
    expect(sessionsOf(pages)).toHaveLength(ids.length);
  });

  it('names with a cursor only what came since, with a little that came before', async () => {
    const [old] = await addEnded(1, `now() - interval '1 minute'`);
    const { cursor } = await read();
    const [late] = await addEnded(1, 'now()');
    await sleep(1_000);
    expect(sessionsOf([await read(cursor)])).toEqual([late]);
    expect(sessionsOf(await readAll())).toEqual([old, late]);
  });

  it.each(['1', '999999999999', `1-${'0'.repeat(32)}`])(
    'takes the made-up cursor %s for one of the window',
    async (cursor) => {
      const [id] = await addEnded(1, 'now()');
      await sleep(1_000);
      expect(sessionsOf([await read(cursor)])).toEqual([id]);
    },
  );

  it('refuses what is no cursor', async () => {
    const ids = ['1-1', `1-${'g'.repeat(32)}`, `${'9'.repeat(17)}-${'0'.repeat(32)}`];
    for (const cursor of ['x', '', '-1', '1.5', '1e9', '1234567890123', ...ids])
      expect((await service.get(`${FEED}?cursor=${cursor}`)).status).toBe(422);
  });

  it('does not pass what a transaction has written and not committed, however long that takes', async () => {
    const [id] = await addEnded(1, 'NULL');
    const db = service.app.get(DataSource);
    const second = async () =>
      Number((await db.query('SELECT floor(extract(epoch FROM now())) AS at'))[0].at);
    let begun = 0;
    await db.transaction(async (tx) => {
      await tx.query('UPDATE auth_sessions SET ended_at = clock_timestamp() WHERE id = $1', [id]);
      begun = await second();
      await sleep(2_500);
      expect(Number((await read()).cursor)).toBeLessThanOrEqual(begun);
    });
    await eventually(async () => expect(Number((await read()).cursor)).toBeGreaterThan(begun), 5_000);
  });

  it('reads the tables once for all who have about the same cursor at about the same time', async () => {
    const { cursor } = await read();
    await sleep(1_000);
    const queries = jest.spyOn(service.app.get(DataSource), 'query');
    await Promise.all(Array.from({ length: 200 }, (_, i) => read(String(Number(cursor) - 100 - (i % 5)))));
    // One for the times and one for each of two rounded cursors, and again where a second begins meanwhile.
    expect(queries.mock.calls.length).toBeLessThanOrEqual(12);
  });

  it('goes on reading one page at a time, whatever cursors are made up', async () => {
    await addEnded(600, 'now()');
    const now = Date.now() * 1_000;
    const db = service.app.get(DataSource);
    const query = db.query.bind(db);
    let [running, most] = [0, 0];
    jest.spyOn(db, 'query').mockImplementation(async (sql, parameters) => {
      const isPage = sql.includes('is_session');
      running += Number(isPage);
      most = Math.max(most, running);
      try {
        return await query(sql, parameters);
      } finally {
        running -= Number(isPage);
      }
    });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        read(`${now - 60_000_000 - i}-${randomUUID().replaceAll('-', '')}`),
      ),
    );
    expect(most).toBe(1);
    for (const { sessions, users } of answers) expect(sessions.length + users.length).toBe(500);
  });

  it('answers 304 while nothing has changed, also where a proxy has made the ETag weak', async () => {
    const { headers } = await service.get(FEED);
    const etag = headers.get('etag')!;
    expect(headers.get('cache-control')).toBe('public, max-age=1');
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`]) {
      const answer: Answer = await service.request('GET', FEED, { headers: { 'if-none-match': known } });
      expect(answer).toMatchObject({ status: 304, body: '' });
    }
  });
});
