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
    await database.query(`SELECT pg_notify(c, name) FROM astra_jobs.queue,
      LATERAL (SELECT 'pgboss_' || left(encode(sha224('astra_jobs'::bytea), 'hex'), 24) AS c) AS channel`);

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
