import { MetricsServer } from '../src/metrics/metrics-server.js';
import { eventually } from './support/eventually.js';
import { expectProblem } from './support/expect-problem.js';
import { TestDatabase } from './support/test-database.js';
import { TestService } from './support/test-service.js';

let database: TestDatabase;
let service: TestService;
const printed: string[] = [];
beforeAll(async () => {
  database = await TestDatabase.create();
  // A function of the same name that is found before that of Postgres.
  await setClock(0);
  await database.query(`ALTER DATABASE ${database.connection.database} SET search_path = public, pg_catalog`);
  service = await TestService.start({ on: database, metricsPort: 0, print: (line) => printed.push(line) });
});
afterAll(async () => {
  await service.stop();
  await database.drop();
});

/** Has the database's clock be wrong by so many seconds, which looks as if ours were, the other way. */
async function setClock(seconds: number): Promise<void> {
  await database.query(
    `CREATE OR REPLACE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
       $$ SELECT pg_catalog.clock_timestamp() + interval '${seconds} s' $$`,
  );
}

const ready = () => service.get('//health/ready');

async function metric(name: string): Promise<number> {
  const { port } = service.app.get(MetricsServer, { strict: false });
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

describe('an instance whose clock, compared to that of the database,', () => {
  afterEach(async () => {
    await setClock(0);
    await eventually(async () => {
      const { status, body } = await ready();
      if (status !== 200 || body.degraded) throw new Error('It is still taken for wrong');
    }, 5_000);
  });

  it('is right says nothing of it', async () => {
    expect((await ready()).body).toEqual({ status: 'ok' });
    expect(await metric('astra_clock_offset_seconds')).toBeCloseTo(0, 0);
    expect(await metric('astra_degraded{server="clock"}')).toBe(0);
    expect(printed.join()).not.toMatch(/clock/i);
  });

  it.each([-12, 12])('is off, the other by %i seconds, says so and serves', async (seconds) => {
    await setClock(seconds);
    await eventually(async () => {
      const { status, body } = await ready();
      expect({ status, body }).toEqual({ status: 200, body: { status: 'ok', degraded: ['clock'] } });
    }, 5_000);
    const offset = await metric('astra_clock_offset_seconds');
    expect(Math.sign(offset)).toBe(-Math.sign(seconds));
    expect(Math.abs(offset)).toBeGreaterThan(10);
    expect(Math.abs(offset)).toBeLessThanOrEqual(12);
    expect(await metric('astra_degraded{server="clock"}')).toBe(1);
  });

  it.each([-40, 40])('is off so far that others refuse its tokens is not ready (%i s)', async (seconds) => {
    await setClock(seconds);
    await eventually(async () => expectProblem(await ready(), 503, 'unavailable'), 5_000);
    expect((await ready()).body.detail).toMatch(/clock/);
    expect((await service.get('//health/live')).status).toBe(200);
  });

  it('says it in the log, once a minute at most', () => {
    const lines = printed.filter((line) => /The clock is/.test(line));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0])).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(/^The clock is 1\d s ahead of that of the database\. .*NTP\.$/),
    });
  });
});
