import { request } from 'node:http';
import { eventually } from './support/eventually.js';
import { expectProblem } from './support/expect-problem.js';
import { addEvents } from './support/many-events.js';
import { TestService } from './support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start();
});
afterAll(() => service.stop());

const underWay = () => service.database.query('SELECT user_id FROM auth_account_exports');

/** Asks for an export and reads none of it until it is told to. */
function ask(token: string): Promise<{ stop: () => void; readAll: () => Promise<string> }> {
  return new Promise((resolve, reject) => {
    const url = `${service.origin}${service.prefix}/users/me/export`;
    const asked = request(url, { headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.pause();
      response.on('error', () => undefined);
      resolve({
        stop: () => response.destroy(),
        readAll: async () => {
          let text = '';
          for await (const part of response.setEncoding('utf8')) text += String(part);
          return text;
        },
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

it('is all that is stored, streamed as one JSON document, each event once', async () => {
  const { access_token, id } = await service.signUp({ username: 'much', email: 'much@example.com' });
  await addEvents(service.database, id, 1_234);
  const { status, headers, body } = await service.get('/users/me/export', access_token);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(headers.get('content-length')).toBeNull();
  expect(Object.keys(body)).toEqual([
    'user',
    'sessions',
    'factors',
    'passkeys',
    'identities',
    'api_keys',
    'events',
  ]);
  expect(body.user).toMatchObject({ id, username: 'much' });
  expect(body.sessions).toMatchObject([{ current: true }]);
  const ids: string[] = body.events.map((event: { id: string }) => event.id);
  expect(new Set(ids).size).toBe(1_234 + 3);
  expect(ids).toEqual(ids.toSorted().reverse());
  expect(await underWay()).toEqual([]);
});

it('is one at a time for an account, of however many at once, until it has been read', async () => {
  const { access_token, id } = await service.signUp({ username: 'twice', email: 'twice@example.com' });
  const { access_token: stranger } = await service.signUp({ username: 'once', email: 'once@example.com' });
  await addEvents(service.database, id, 20_000);
  const first = await ask(access_token);
  for (const answer of await Promise.all(
    Array.from({ length: 4 }, () => service.get('/users/me/export', access_token)),
  )) {
    expectProblem(answer, 429, 'too-many-requests');
    expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  }
  expect((await service.get('/users/me/export', stranger)).status).toBe(200);
  const { events } = JSON.parse(await first.readAll()) as { events: object[] };
  expect(events.length).toBeGreaterThan(20_000);
  await eventually(async () => expect(await underWay()).toEqual([]));
  const head = await service.request('HEAD', '/users/me/export', { token: access_token });
  expect(head).toMatchObject({ status: 200, body: '' });
  await eventually(async () => expect(await underWay()).toEqual([]));
});

it('holds no connection to the database while its reader reads nothing, and ends when the reader goes', async () => {
  const { access_token, id } = await service.signUp({ username: 'gone', email: 'gone@example.com' });
  await addEvents(service.database, id, 20_000);
  const { stop } = await ask(access_token);
  const busy = () =>
    service.database.query(
      `SELECT query FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' AND query ~ 'auth_audit_events'`,
    );
  await eventually(async () => expect(await busy()).toEqual([]));
  expect(await underWay()).toHaveLength(1);
  stop();
  await eventually(async () => expect(await underWay()).toEqual([]));
  expect((await service.get('/users/me/events', access_token)).status).toBe(200);
});

it("of a process that is gone is in nobody's way for more than a minute", async () => {
  const { access_token, id } = await service.signUp({ username: 'killed', email: 'killed@example.com' });
  await service.database.query(
    `INSERT INTO auth_account_exports VALUES ($1, gen_random_uuid(), now() + interval '1 minute')`,
    [id],
  );
  expectProblem(await service.get('/users/me/export', access_token), 429, 'too-many-requests');
  await service.database.query(`UPDATE auth_account_exports SET expires_at = now()`);
  expect((await service.get('/users/me/export', access_token)).status).toBe(200);
});

it('counts events for the first page of a list only', async () => {
  const { access_token, id } = await service.signUp({ username: 'pages', email: 'pages@example.com' });
  await addEvents(service.database, id, 5_000);
  const first = (await service.get('/users/me/events?limit=10', access_token)).body;
  expect(first.total).toBeGreaterThan(1_000);
  expect(first.total_is_estimate).toBe(true);
  const second = (await service.get(`/users/me/events?limit=10&cursor=${first.next_cursor}`, access_token))
    .body;
  expect(second).toMatchObject({ total: first.total, total_is_estimate: true });
  expect(second.items[0].id < first.items[9].id).toBe(true);
});
