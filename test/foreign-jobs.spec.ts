import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { eventually } from './support/eventually.js';
import { MailService } from './support/mail-service.js';
import { ada } from './support/test-service.js';

/** What may stand in a row of the queue that nobody of ours has made, or an older or newer version. */
const nonsense: unknown[] = [
  null,
  'text',
  0,
  true,
  [],
  {},
  [null],
  { payload: null },
  { payload: 'text' },
  { payload: [] },
  { payload: {} },
  { payload: { to: null, template: null, sealed: null } },
  { payload: { to: {}, template: '__proto__', sealed: 'x' } },
  { payload: { to: ada.email, template: 'reset-password', sealed: 'AAAA' } },
  { payload: { email: 5, client: 'x' } },
  { payload: { email: { toLowerCase: 1 }, client: null } },
  { payload: { email: 'x'.repeat(100_000), client: { ip: 'x', userAgent: 5, requestId: [] } } },
  { payload: {}, requestId: { toString: null } },
];

let app: MailService;
beforeAll(async () => {
  app = await MailService.start();
});
afterAll(() => app.stop());

describe('jobs that make no sense', () => {
  it('end nothing and keep nobody waiting, in whichever queue', async () => {
    const { database } = app.service;
    const queues = await database.query<{ name: string; policy: string }>(
      `SELECT name, policy FROM astra_jobs.queue WHERE name <> 'dead'`,
    );
    expect(queues.length).toBeGreaterThan(5);
    for (const { name, policy } of queues) {
      // What is due by a schedule is done one by one.
      for (const data of policy === 'standard' ? nonsense : ['text']) {
        const sql = `INSERT INTO astra_jobs.job (name, data, retry_limit) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`;
        await database.query(sql, [name, JSON.stringify(data)]);
      }
    }
    await database.query(
      `SELECT pg_notify(notices_channel, format('{"job":"%s"}', name)) FROM astra_jobs.queue, auth_installation`,
    );

    // They are done with: nothing waits but what is kept aside.
    await eventually(async () => {
      const waiting = await database.query(
        `SELECT name, state FROM astra_jobs.job
          WHERE name NOT IN ('dead', '__pgboss__send-it') AND state IN ('created', 'active') AND start_after <= now()`,
      );
      expect(waiting).toEqual([]);
    }, 30_000);

    const person = { ...ada, username: 'patient', email: 'patient@example.com' };
    expect((await app.service.post('/auth/register', person)).status).toBe(201);
    expect((await app.mail('verify-email', person.email)).text).toContain('http');
    expect((await app.service.get('//health/ready')).status).toBe(200);
  });
});

describe('a role that may only connect', () => {
  const stranger = `astra_${randomBytes(6).toString('hex')}_test`;
  /** Where pg-boss of itself would tell of jobs: anybody can work it out. */
  const CHANNEL = `'pgboss_' || left(encode(sha224('astra_jobs'::bytea), 'hex'), 24)`;
  let client: pg.Client;
  beforeAll(async () => {
    const { database } = app.service;
    await database.query(`CREATE ROLE ${stranger} LOGIN PASSWORD 'stranger'`);
    client = new pg.Client({ ...database.connection, user: stranger, password: 'stranger' });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await app.service.database.query(`DROP OWNED BY ${stranger}; DROP ROLE ${stranger}`);
  });

  /** How often the tables of the queue were looked into in 4 seconds. */
  async function looks(meanwhile: () => Promise<unknown>): Promise<number> {
    const read = async () => {
      const [{ scans }] = await app.service.database.query<{ scans: string }>(
        `SELECT sum(seq_scan + coalesce(idx_scan, 0)) AS scans FROM pg_stat_all_tables WHERE schemaname = 'astra_jobs'`,
      );
      return Number(scans);
    };
    const before = await read();
    const until = performance.now() + 4_000;
    while (performance.now() < until) {
      await meanwhile();
      await sleep(5);
    }
    return (await read()) - before;
  }

  it('keeps no worker busy, whatever it sends and however much', async () => {
    const queues = await app.service.database.query<{ name: string }>('SELECT name FROM astra_jobs.queue');
    const quiet = await looks(() => Promise.resolve());
    const names = `{${queues.map(({ name }) => `"${name}"`).join()}}`;
    const flooded = await looks(() =>
      client.query(`SELECT pg_notify(${CHANNEL}, name) FROM unnest($1::text[]) AS name`, [names]),
    );
    expect(quiet).toBeGreaterThan(0);
    expect(flooded).toBeLessThan(3 * quiet);
  });

  it('hears nothing of jobs', async () => {
    const heard: pg.Notification[] = [];
    client.on('notification', (notice) => heard.push(notice));
    const { rows } = await client.query<{ channel: string }>(`SELECT ${CHANNEL} AS channel`);
    await client.query(`LISTEN ${rows[0].channel}`);
    for (let i = 0; i < 3; i++) {
      const person = { ...ada, username: `quick${i}`, email: `quick${i}@example.com` };
      expect((await app.service.post('/auth/register', person)).status).toBe(201);
      await app.mail('verify-email', person.email);
    }
    await client.query('SELECT 1');
    expect(heard).toEqual([]);
  });
});
