import { MetricsServer } from '../src/metrics/metrics-server.js';
import { eventually } from './support/eventually.js';
import { runScheduled } from './support/run-scheduled.js';
import { TestService } from './support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({ metricsPort: 0, metricsHost: '127.0.0.1' });
  await service.signUp();
});
afterAll(() => service.stop());

/** The metric by kind of fault. */
async function faults(): Promise<Record<string, number>> {
  const { port } = service.app.get(MetricsServer, { strict: false });
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const samples = text.matchAll(/^astra_audit_faults\{kind="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...samples].map(([, kind, value]) => [kind, Number(value)]));
}

const intact = { changed: 0, missing: 0, inserted: 0, unsigned: 0 };

it('verifies the audit trail on schedule, and says in a metric what it found', async () => {
  expect(await faults()).toEqual({});
  await runScheduled(service, 'verify-audit-trail');
  await eventually(async () => expect(await faults()).toEqual(intact), 10_000);

  // As somebody would who owns the database, whom no trigger stops.
  const tamper = (userAgent: string) =>
    service.database.query(
      `SET session_replication_role = replica;
       UPDATE auth_audit_events SET user_agent = ${userAgent} WHERE id = (SELECT min(id::text)::uuid FROM auth_audit_events)`,
    );
  await tamper(`user_agent || '!'`);
  await runScheduled(service, 'verify-audit-trail');
  await eventually(async () => expect(await faults()).toEqual({ ...intact, changed: 1 }), 10_000);

  await eventually(async () => {
    const [last] = await service.database.query(
      `SELECT user_id, data FROM auth_audit_events WHERE type = 'audit_verified' ORDER BY created_at DESC LIMIT 1`,
    );
    // A chain is read up to its first fault.
    expect(last).toEqual({ user_id: null, data: { events: 1, ...intact, changed: 1 } });
  }, 10_000);

  await tamper(`rtrim(user_agent, '!')`);
  await runScheduled(service, 'verify-audit-trail');
  await eventually(async () => expect(await faults()).toEqual(intact), 10_000);
});
