import { ModuleRef } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { JobsService } from '../src/jobs/jobs.service.js';
import { MetricsServer } from '../src/metrics/metrics-server.js';
import { CuttableProxy } from './support/cuttable-proxy.js';
import { eventually } from './support/eventually.js';
import { ProviderBrowser } from './support/provider-browser.js';
import { TestDatabase } from './support/test-database.js';
import { CLIENT, TestIssuer } from './support/test-issuer.js';
import { ada, TestService, type Tokens } from './support/test-service.js';
import { WebhookAdmin } from './support/webhook-admin.js';

let database: TestDatabase;
let proxy: CuttableProxy;
let issuer: TestIssuer;
let service: TestService;
let tokens: Tokens;
beforeAll(async () => {
  database = await TestDatabase.create();
  proxy = await CuttableProxy.to(database.connection);
  issuer = await TestIssuer.start();
  service = await TestService.start({
    ...{ on: database, via: proxy.address, metricsPort: 0, rateLimit: true },
    auth: { providers: { acme: { ...CLIENT, issuer: issuer.url } } },
  });
  tokens = await service.signUp();
});
afterAll(async () => {
  proxy.restore();
  await service.stop();
  await issuer.stop();
  await proxy.close();
  await database.drop();
});

const ask = (path = '/metrics', options: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${service.app.get(MetricsServer, { strict: false }).port}${path}`, options);

/** Values by what stands before them, such as `astra_sign_ins_total{outcome="success"}`. */
async function read(): Promise<Record<string, number>> {
  const text = await (await ask()).text();
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.replace(/ [^ ]+$/, ''), Number(line.split(' ').at(-1))]),
  );
}

/** How much each of some values grew by some work. */
async function growth(work: () => Promise<unknown>, ...names: string[]): Promise<number[]> {
  const before = await read();
  await work();
  // A request counts when its answer is on its way.
  await service.get('//health/live');
  const after = await read();
  return names.map((name) => (after[name] ?? 0) - (before[name] ?? 0));
}

describe('the metrics', () => {
  it('are text for Prometheus, on a port of their own', async () => {
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const text = await answer.text();
    for (const name of [
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_gc_duration_seconds',
    ])
      expect(text).toContain(`# TYPE ${name} `);
    expect((await service.get('//metrics')).status).toBe(404);
  });

  it('are all that is there', async () => {
    expect((await ask('/')).status).toBe(404);
    expect((await ask('/metrics/x')).status).toBe(404);
    expect((await ask('/metrics', { method: 'POST' })).status).toBe(405);
    expect((await ask('/metrics?x=1', { method: 'HEAD' })).status).toBe(200);
  });

  it('count requests by the patterns of their paths and the classes of their status', async () => {
    const name = (of: string) => `astra_http_request_duration_seconds_count{${of}}`;
    const paths = Array.from({ length: 20 }, (_, i) => `/nothing/${i}`);
    const [found, missing] = await growth(
      async () => {
        await service.get('/users/me', tokens.access_token);
        for (const path of paths) await service.get(path);
      },
      name('method="GET",route="/api/v1/users/me",status="2xx"'),
      name('method="GET",route="none",status="4xx"'),
    );
    expect([found, missing]).toEqual([1, 20]);
    expect(Object.keys(await read()).filter((label) => label.includes('nothing'))).toEqual([]);
  });

  it('count sign-ins by how they ended', async () => {
    const name = (outcome: string) => `astra_sign_ins_total{outcome="${outcome}"}`;
    expect(
      await growth(
        async () => {
          await service.signIn();
          for (const username of ['ada', 'nobody', 'nobody'])
            await service.post('/auth/login', { username, password: 'wrong' });
        },
        ...['success', 'wrong_password', 'unknown_user', 'inactive_user'].map(name),
      ),
    ).toEqual([1, 1, 2, 0]);
  });

  it('count refreshes, and replays among them', async () => {
    const refresh = (refresh_token: string) => service.post('/auth/refresh', { refresh_token });
    const { refresh_token } = await service.signIn();
    expect(
      await growth(
        async () => {
          const { body } = await refresh(refresh_token);
          await refresh(refresh_token);
          await refresh(body.refresh_token);
          await refresh(refresh_token);
          await refresh('forged');
        },
        ...['rotated', 'repeated', 'replayed', 'refused'].map(
          (how) => `astra_refreshes_total{outcome="${how}"}`,
        ),
      ),
    ).toEqual([2, 1, 1, 1]);
  });

  it('count answers of providers', async () => {
    issuer.user = { sub: 'somebody' };
    const walk = () => new ProviderBrowser(service).walk('acme');
    expect(
      await growth(
        async () => {
          await walk();
          issuer.response = { code: 'made-up' };
          await walk();
          issuer.response = { code: null, error: 'access_denied' };
          await walk();
          issuer.response = { code: null, error: 'server_error' };
          await walk();
        },
        ...['answered', 'refused', 'denied', 'unavailable'].map(
          (how) => `astra_provider_answers_total{provider="acme",outcome="${how}"}`,
        ),
      ),
    ).toEqual([1, 1, 1, 1]);
  });

  it('count from where it is known who sends a request', async () => {
    const { access_token } = await service.signIn();
    const [database, memory] = await growth(
      async () => {
        for (let i = 0; i < 3; i++) await service.get('/users/me', access_token);
      },
      'astra_principal_lookups_total{source="database"}',
      'astra_principal_lookups_total{source="memory"}',
    );
    // From memory only while changes are heard, which may be late where the machine is busy.
    expect(database).toBeGreaterThanOrEqual(1);
    expect(database + memory).toBe(3);
    expect((await read()).astra_principals).toEqual(expect.any(Number));
  });

  it('count what was refused because of a limit', async () => {
    const forgot = () => service.post('/auth/password/forgot', { email: 'nobody@example.com' });
    expect(
      await growth(
        async () => {
          for (let i = 0; i < 5; i++) await forgot();
          for (let i = 0; i < 8; i++)
            await service.post('/auth/login', { username: 'mary', password: 'wrong' });
        },
        'astra_rate_limit_refusals_total{limit="forgot-address"}',
        'astra_rate_limit_refusals_total{limit="failures"}',
        'astra_rate_limit_refusals_total{limit="sign-in"}',
      ),
    ).toEqual([2, 3, 0]);
  });

  it('count mail that was sent, and say how much waits', async () => {
    const name = 'astra_mail_total{outcome="sent"}';
    const before = await read();
    expect(before).toMatchObject({
      'astra_jobs{kind="mail",state="waiting"}': expect.any(Number),
      'astra_jobs{kind="dead",state="waiting"}': 0,
    });
    await service.post('/auth/password/forgot', { email: ada.email });
    await eventually(async () => expect((await read())[name]).toBe(before[name] + 1), 5_000);
  });

  it('say for how long the oldest job of each kind is due, whether it is new or will be retried', async () => {
    const job = (state: string, due: string) =>
      database.query(
        `INSERT INTO astra_jobs.job (name, state, start_after) VALUES ('lame', $1, now() + $2::interval)`,
        [state, due],
      );
    const lateness = async () => (await read())['astra_jobs_overdue_seconds{kind="lame"}'];
    // Nobody works on this queue.
    await database.query(`SELECT astra_jobs.create_queue('lame', '{"policy": "standard"}')`);
    expect(await lateness()).toBe(0);
    await job('created', '1 hour');
    expect(await lateness()).toBe(0);
    await job('created', '-1 hour');
    expect(await lateness()).toBeCloseTo(3_600, -2);
    await job('retry', '-2 hours');
    expect(await lateness()).toBeCloseTo(7_200, -2);
    await job('active', '-3 hours');
    expect(await lateness()).toBeCloseTo(7_200, -2);
    await database.query(`DELETE FROM astra_jobs.job WHERE name = 'lame'`);
    expect(Object.keys(await read()).filter((name) => /jobs_overdue.*(dead|__)/.test(name))).toEqual([]);
  });

  it('do not read all jobs that wait, to find the oldest', async () => {
    await database.query(
      `INSERT INTO astra_jobs.job (name, start_after)
       SELECT 'lame', now() - make_interval(secs => n) FROM generate_series(1, 20000) AS n`,
    );
    await database.query('ANALYZE astra_jobs.job');
    const db = service.app.get(DataSource, { strict: false });
    const query = db.query.bind(db);
    Object.assign(db, {
      query: (sql: string, values: []) => query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, values),
    });
    const plan = JSON.stringify(await service.app.get(JobsService, { strict: false }).lateness());
    Object.assign(db, { query });
    expect(plan).toContain('"Actual Rows"');
    const rows = [...plan.matchAll(/"Actual Rows":(\d+)/g)].map(([, count]) => Number(count));
    expect(Math.max(...rows)).toBeLessThan(200);
    expect(plan).not.toMatch(/"Seq Scan"[^{}]*"Relation Name":"job/);
    await database.query(`DELETE FROM astra_jobs.job WHERE name = 'lame'`);
  });

  it('count the tries of webhooks by how they ended, and say for how long one is due', async () => {
    const hooks = await WebhookAdmin.start({ metricsPort: 0 });
    try {
      const { port } = hooks.service.app.get(MetricsServer, { strict: false });
      const values = async () => {
        const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        return [...text.matchAll(/^astra_webhook(\S+) (\S+)$/gm)].map(([, name, value]) => [
          name,
          Number(value),
        ]);
      };
      const { id } = await hooks.add();
      await hooks.ping(id);
      await hooks.tried(id, 1);
      for (const status of [503, 410]) {
        hooks.receiver.respond = (response) => void response.writeHead(status).end();
        await hooks.ping(id);
        await hooks.tried(id, 1);
      }
      await hooks.service.database.query(
        `UPDATE auth_webhook_deliveries SET next_attempt_at = now() - interval '1 hour' WHERE status = 'pending'`,
      );
      await eventually(
        async () =>
          expect(await values()).toEqual([
            ['_tries_total{outcome="delivered"}', 1],
            ['_tries_total{outcome="retried"}', 1],
            ['_tries_total{outcome="failed"}', 1],
            ['s_overdue_seconds', expect.closeTo(3_600, -2)],
          ]),
        5_000,
      );
    } finally {
      await hooks.stop();
    }
    expect(Object.keys(await read()).filter((name) => name.startsWith('astra_webhook_'))).toEqual([]);
  });

  it('say how the queue of passwords, the database and other servers are', async () => {
    expect(await read()).toMatchObject({
      'astra_hashes{state="running"}': 0,
      'astra_hashes{state="waiting"}': 0,
      astra_hashes_refused_total: expect.any(Number),
      'astra_database_connections{state="busy"}': expect.any(Number),
      'astra_database_connections{state="idle"}': expect.any(Number),
      astra_database_waiting: 0,
      'astra_degraded{server="redis"}': 0,
      'astra_degraded{server="mail"}': 0,
      astra_changes_heard: 1,
    });
  });

  it('are there also while the database is away, but for what only it knows', async () => {
    proxy.cut();
    try {
      await eventually(async () => expect(await read()).toMatchObject({ astra_changes_heard: 0 }), 5_000);
      const values = await read();
      expect(values['astra_sign_ins_total{outcome="success"}']).toBeGreaterThan(0);
      expect(Object.keys(values).filter((name) => name.startsWith('astra_jobs'))).toEqual([]);
    } finally {
      proxy.restore();
    }
  });

  it('are off unless they have a port', async () => {
    const other = await TestService.start({ on: database });
    try {
      expect(() => other.app.get(ModuleRef).get(MetricsServer, { strict: false })).toThrow('MetricsServer');
    } finally {
      await other.stop();
    }
  });

  it('say in one sentence that their port is taken', async () => {
    const { port } = service.app.get(MetricsServer, { strict: false });
    await expect(TestService.start({ on: database, host: '127.0.0.1', metricsPort: port })).rejects.toThrow(
      /^METRICS_PORT \d+ cannot be used: .*EADDRINUSE.*\. Set it to another port, or to 0\.$/,
    );
  });
});
