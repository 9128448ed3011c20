import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { Authenticator } from '../src/access/authenticator.js';
import type { PrincipalCache } from '../src/auth/sessions/principal-cache.js';
import { StoredNotices } from '../src/database/notices/stored-notices.js';
import { eventually } from './support/eventually.js';
import { TestDatabase } from './support/test-database.js';
import { TestService, type Tokens } from './support/test-service.js';

/** Who may connect to the database, and nothing else. */
const stranger = `astra_${randomBytes(6).toString('hex')}_test`;
const lines: string[] = [];

let database: TestDatabase;
let service: TestService;
let other: TestService;
let client: pg.Client;
let tokens: Tokens;
beforeAll(async () => {
  database = await TestDatabase.create();
  await database.query(`CREATE ROLE ${stranger} LOGIN PASSWORD 'stranger'`);
  // As in the midst of a change of SECRET_KEY: what they tell each other does not depend on it.
  other = await TestService.start({
    on: database,
    auth: {
      secretKey: 'the next secret key, of enough bytes',
      previousSecretKeys: ['a secret key for tests, of enough bytes'],
    },
  });
  service = await TestService.start({ on: database, print: (line) => lines.push(line) });
  client = new pg.Client({ ...database.connection, user: stranger, password: 'stranger' });
  await client.connect();
  tokens = await service.signUp();
});
afterAll(async () => {
  await client.end();
  await other.stop();
  await service.stop();
  await database.query(`DROP OWNED BY ${stranger}; DROP ROLE ${stranger}`);
  await database.drop();
});

const uuid = '01a21be5-7ed4-7716-adcc-21631e2b00a8';
const payloads: [string, string][] = [
  ['text', 'x'],
  ['no JSON', '{'],
  ['null', 'null'],
  ['a number', '0'],
  ['a list', '[]'],
  ['a list of nothing', '[null]'],
  ['an empty object', '{}'],
  ['an object of something else', '{"work":"mail"}'],
  ['a job without a name', '{"job":""}'],
  ['a job of a name that none has', '{"job":"<mail>"}'],
  ['a user without an id', '{"user":null}'],
  ['a user that is an object', '{"user":{"toString":1}}'],
  ['a session that is no uuid', '{"session":"1"}'],
  ['both', `{"session":"${uuid}","user":"${uuid}"}`],
  ['a prototype', '{"__proto__":{"user":"x"}}'],
  ['all that fits', 'x'.repeat(7_999)],
  ['deep JSON', '['.repeat(7_000)],
  ['line breaks and colours', '\u001b[31m\n{"level":"fatal"}'],
];
const lookups = () => {
  const principals: PrincipalCache = service.app.get(Authenticator, { strict: false });
  return { ...principals.lookups };
};

/** That what ends a session on one instance is heard of by the other, and that memory is used meanwhile. */
async function expectHeard(): Promise<void> {
  const { access_token } = await service.signIn();
  await eventually(async () => {
    await service.get('/users/me', access_token);
    const before = lookups();
    expect((await service.get('/users/me', access_token)).status).toBe(200);
    expect(lookups()).toEqual({ ...before, memory: before.memory + 1 });
  }, 5_000);
  expect((await other.post('/auth/logout', undefined, access_token)).status).toBe(204);
  await eventually(async () => expect((await service.get('/users/me', access_token)).status).toBe(401));
}

describe('a role that may only connect', () => {
  it('hears nothing of what happens to sessions and users', async () => {
    const heard: pg.Notification[] = [];
    client.on('notification', (notice) => heard.push(notice));
    for (const channel of ['astra_changes', 'astra', 'astra_notices'])
      await client.query(`LISTEN ${channel}`);
    await expectHeard();
    await client.query('SELECT 1');
    expect(heard).toEqual([]);
  });

  it.each([
    'SELECT notices_channel FROM auth_installation',
    'SELECT * FROM auth_installation',
    'COPY auth_installation TO STDOUT',
  ])('cannot find out where: %s', async (sql) => {
    await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
  });

  it('sees the name in no activity of others', async () => {
    const { rows } = await client.query<{ all: string }>(
      `SELECT string_agg(row_to_json(a)::text, ' ') AS all FROM pg_stat_activity a`,
    );
    const [{ channel }] = await database.query<{ channel: string }>(
      'SELECT notices_channel AS channel FROM auth_installation',
    );
    expect(channel).toMatch(/^astra_[0-9a-f]{32}$/);
    expect(rows[0].all).not.toContain(channel);
  });

  it('has no effect on the service, whatever it sends and however much', async () => {
    await service.get('/users/me', tokens.access_token);
    const before = lookups();
    for (const [, payload] of payloads)
      await client.query('SELECT pg_notify($1, $2)', ['astra_changes', payload]);
    // Ten thousand of them at once.
    await client.query(`SELECT pg_notify('astra_changes', 'x' || i) FROM generate_series(1, 10000) AS i`);
    for (let i = 0; i < 20; i++)
      expect((await service.get('/users/me', tokens.access_token)).status).toBe(200);
    expect(lookups().database).toBe(before.database);
    await expectHeard();
  });
});

describe('a notice on the channel of the service', () => {
  it.each(payloads)('ends nothing, and is not believed, if it is %s', async (_, payload) => {
    await service.get('/users/me', tokens.access_token);
    const before = lookups();
    await database.query('SELECT pg_notify(notices_channel, $1) FROM auth_installation', [payload]);
    // All that was remembered is forgotten, so it is asked for once more.
    await eventually(async () => {
      expect((await service.get('/users/me', tokens.access_token)).status).toBe(200);
      expect(lookups().database).toBeGreaterThan(before.database);
    });
  });

  it('is told of once a minute by each instance', () => {
    // By each of the two.
    expect(lines.filter((line) => line.includes('Received an invalid change notification'))).toHaveLength(2);
  });

  it('is heard as before after all of them', expectHeard);

  it('may come by the thousand', async () => {
    await database.query(
      `SELECT pg_notify(notices_channel, 'x' || i) FROM auth_installation, generate_series(1, 10000) AS i`,
    );
    await expectHeard();
  });

  it('is heard under another name as soon as the owner chooses one', async () => {
    await database.query(`UPDATE auth_installation SET notices_channel = 'astra_' || md5(random()::text)`);
    await expectHeard();
  });
});

describe('a notice that is stored in a table', () => {
  const store = (isOn: boolean) => database.query(`UPDATE auth_installation SET stores_notices = ${isOn}`);
  let reader: pg.Client;
  beforeAll(async () => {
    await store(true);
    reader = new pg.Client({ ...database.connection, user: database.connection.username });
    await reader.connect();
  });
  afterAll(async () => {
    await reader.end();
    await store(false);
  });

  const payload = (id: string) => JSON.stringify({ session: id });
  const insert = (text: string) =>
    `INSERT INTO auth_notices VALUES (pg_current_xact_id()::text::bigint, ${pg.escapeLiteral(text)})`;

  it('is heard by all instances, without NOTIFY', async () => {
    const [{ channel }] = await database.query<{ channel: string }>(
      'SELECT notices_channel AS channel FROM auth_installation',
    );
    const heard: string[] = [];
    // An instance that connects again sends an empty one, to test the connection.
    reader.on('notification', ({ payload }) => payload && heard.push(payload));
    await reader.query(`LISTEN ${channel}`);
    await expectHeard();
    await reader.query(`UNLISTEN ${channel}`);
    expect(heard).toEqual([]);
  });

  it('cannot be stored by a role that may only connect', async () => {
    await expect(client.query(insert('{}'))).rejects.toMatchObject({ code: '42501' });
  });

  it('is read once, also if its transaction commits after later ones', async () => {
    const early = new pg.Client({ ...database.connection, user: database.connection.username });
    await early.connect();
    const notices = new StoredNotices(reader);
    await notices.read();
    const one = '01a21be5-7ed4-7716-adcc-000000000001';
    const two = '01a21be5-7ed4-7716-adcc-000000000002';
    await early.query('BEGIN');
    await early.query(insert(payload(one)));
    await database.query(insert(payload(two)));
    const ours = async () => {
      const read = await notices.read();
      expect(read.isComplete).toBe(true);
      return read.notices.filter((text) => text === payload(one) || text === payload(two));
    };
    expect(await ours()).toEqual([payload(two)]);
    expect(await ours()).toEqual([]);
    await early.query('COMMIT');
    await early.end();
    expect(await ours()).toEqual([payload(one)]);
    expect(await ours()).toEqual([]);
  });

  it('is deleted after a while, and a reader that has paused for so long is told that some may be missing', async () => {
    const notices = new StoredNotices(reader, 0);
    await notices.read();
    await database.query(insert(payload('01a21be5-7ed4-7716-adcc-000000000003')));
    expect(await notices.read()).toMatchObject({ isComplete: false });
    await notices.deleteOld(service.app.get(DataSource));
    expect(
      await database.query('SELECT * FROM auth_notices WHERE notice LIKE $1', ['%000000000003%']),
    ).toEqual([]);
  });

  it('ends nothing, and is not believed, if it is invalid', async () => {
    await service.get('/users/me', tokens.access_token);
    const before = lookups();
    await database.query(insert('{"session":null}'));
    await eventually(async () => {
      expect((await service.get('/users/me', tokens.access_token)).status).toBe(200);
      expect(lookups().database).toBeGreaterThan(before.database);
    });
    await expectHeard();
  });
});
