import { auditRights, keepAudit } from '../src/audit/retention/audit-rights.js';
import { AuditTrail, recordOld } from './support/audit-trail.js';
import { eventually } from './support/eventually.js';
import { runScheduled } from './support/run-scheduled.js';
import { TestService } from './support/test-service.js';

let trail: AuditTrail;

const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60 * 1000);

async function addresses(): Promise<(string | null)[]> {
  const sql = `SELECT ip, address_salt FROM auth_audit_events WHERE request_id = 'old' ORDER BY seq`;
  const events = await trail.database.query<{ ip: string; address_salt: Buffer | null }>(sql);
  for (const { ip, address_salt } of events) expect(address_salt === null).toBe(ip.includes('/'));
  return events.map(({ ip }) => ip);
}

describe('the retention', () => {
  beforeEach(async () => {
    trail = await AuditTrail.start();
  });
  afterEach(() => trail.stop());

  it('deletes what is old, tells of it, and leaves a trail that can be verified', async () => {
    for (const days of [400, 399, 90, 50, 2]) await trail.recordOld(days);
    expect(await trail.retention.purge(daysAgo(60))).toBe(3);
    expect(await trail.verify()).toMatchObject({ events: 3, faults: [] });
    expect(await trail.audit.list({ limit: 1 })).toMatchObject({
      items: [{ type: 'sensitive_delete', userId: null, data: { count: 3, older_than: expect.any(String) } }],
      total: 3,
    });

    expect(await trail.retention.purge(daysAgo(60))).toBe(0);
    expect(await trail.retention.purge(daysAgo(40))).toBe(1);
    await trail.recordSome(3);
    expect(await trail.verify()).toMatchObject({ events: 6, faults: [] });
  });

  it('deletes all there is, and the trail goes on', async () => {
    await trail.recordOld(90);
    expect(await trail.retention.purge(daysAgo(60))).toBe(1);
    await trail.recordSome(2);
    expect(await trail.verify()).toMatchObject({ events: 3, faults: [] });
  });

  it('deletes and shortens more than it does at once', async () => {
    await trail.recordOld(90, { amount: 2_500 });
    await trail.recordOld(50, { amount: 2_500 });
    expect(await trail.retention.purge(daysAgo(60))).toBe(2_500);
    expect(await trail.retention.shortenAddresses(daysAgo(30))).toBe(2_500);
    expect(await trail.verify()).toMatchObject({ events: 2_502, faults: [] });
  });

  it('shortens old addresses, tells of it, and leaves a trail that can be verified', async () => {
    await trail.recordOld(90);
    await trail.recordOld(90, { ip: '2001:db8:1:2::17' });
    await trail.recordOld(5, { ip: '198.51.100.17' });
    expect(await trail.retention.shortenAddresses(daysAgo(30))).toBe(2);
    expect(await addresses()).toEqual(['192.0.2.0/24', '2001:db8:1::/48', '198.51.100.17']);
    expect(await trail.verify()).toMatchObject({ events: 4, faults: [] });
    expect(await trail.audit.list({ limit: 1, type: 'sensitive_update' })).toMatchObject({
      items: [{ data: { count: 2 } }],
    });

    expect(await trail.retention.shortenAddresses(daysAgo(2))).toBe(1);
    expect(await addresses()).toEqual(['192.0.2.0/24', '2001:db8:1::/48', '198.51.100.0/24']);
    expect(await trail.retention.purge(daysAgo(60))).toBe(2);
    expect(await trail.verify()).toMatchObject({ faults: [] });
  });

  it('can be run by several at once, while events are written', async () => {
    const other = await AuditTrail.start({ on: trail.database });
    for (let i = 0; i < 20; i++) await trail.recordOld(90 - i);
    const [purged, also] = await Promise.all([
      trail.retention.purge(daysAgo(75.5)),
      other.retention.purge(daysAgo(75.5)),
      trail.recordSome(30),
      other.recordSome(30),
      trail.retention.shortenAddresses(daysAgo(60)),
      other.retention.shortenAddresses(daysAgo(60)),
    ]);
    expect(purged + also).toBe(15);
    expect(await trail.verify()).toMatchObject({ faults: [] });
    await other.stop();
  });

  it.each([
    ['an event', 'DELETE FROM auth_audit_events WHERE seq = 2'],
    ['its last event', 'DELETE FROM auth_audit_events WHERE seq = 4'],
    ['its signature', `UPDATE auth_audit_chains SET mac = '' WHERE id = 1`],
  ])('deletes nothing of a chain that lost %s, which would be to delete the evidence', async (_, sql) => {
    await trail.recordOld(90, { amount: 4 });
    await trail.tamper(sql);
    expect(await trail.retention.purge(daysAgo(60))).toBe(0);
    expect((await trail.verify()).faults).toMatchObject([{ chain: 1 }]);
  });

  it('is found out if the beginning of a chain is given out as deleted by it', async () => {
    await trail.recordOld(90, { amount: 4 });
    await trail.tamper(
      `UPDATE auth_audit_chains SET purged_seq = 2, shortened_seq = 2,
              purged_hash = (SELECT hash FROM auth_audit_events WHERE seq = 2) WHERE id = 1;
       DELETE FROM auth_audit_events WHERE seq <= 2`,
    );
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'unsigned', chain: 1 }] });
  });

  it('cannot delete events of the last 30 days, or shorten addresses of the last', async () => {
    await trail.recordOld(29);
    await expect(trail.retention.purge(daysAgo(28))).rejects.toThrow('only ever added');
    await trail.recordSome(1);
    await expect(trail.retention.shortenAddresses(new Date())).rejects.toThrow('only ever added');
    expect(await trail.verify()).toMatchObject({ events: 2, faults: [] });
  });
});

describe('the service', () => {
  it('shortens addresses and deletes events by schedule, after the days that are set', async () => {
    const service = await TestService.start({ auth: { auditAddressDays: 40, auditRetentionDays: 60 } });
    try {
      for (const days of [61, 59, 41, 39]) await recordOld(service.app, days);
      const addresses = () =>
        service.database.query(`SELECT ip::text FROM auth_audit_events WHERE request_id = 'old' ORDER BY id`);
      await runScheduled(service, 'purge-audit-events');
      await eventually(async () => expect(await addresses()).toHaveLength(3), 10_000);
      await runScheduled(service, 'shorten-audit-addresses');
      await eventually(
        async () =>
          expect(await addresses()).toEqual([
            { ip: '192.0.2.0/24' },
            { ip: '192.0.2.0/24' },
            { ip: '192.0.2.17/32' },
          ]),
        10_000,
      );
    } finally {
      await service.stop();
    }
  });
});

describe('a role that owns nothing', () => {
  const role = `astra_service_${process.pid}_test`;
  let service: AuditTrail;
  beforeAll(async () => {
    trail = await AuditTrail.start();
    await trail.database.query(`CREATE ROLE ${role}`);
    for (const sql of auditRights(role)) await trail.database.query(sql);
    service = await AuditTrail.start({ on: trail.database, role });
  });
  afterAll(async () => {
    await service.stop();
    await trail.database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await trail.stop();
  });

  it('adds, reads, verifies, and forgets what is old', async () => {
    expect(await service.db.query('SELECT current_user AS me')).toEqual([{ me: role }]);
    await service.recordOld(90);
    await service.recordOld(5);
    await service.recordSome(2);
    expect(await service.retention.purge(daysAgo(60))).toBe(1);
    expect(await service.retention.shortenAddresses(daysAgo(3))).toBe(1);
    expect(await service.audit.list({ limit: 10 })).toMatchObject({ total: 5 });
    expect(await service.verify()).toMatchObject({ events: 5, faults: [] });
  });

  it.each([
    `UPDATE auth_audit_events SET type = 'user_created'`,
    `UPDATE auth_audit_events SET ip = '192.0.2.0/24', address_salt = NULL`,
    'DELETE FROM auth_audit_events',
    'TRUNCATE auth_audit_events',
    'DROP TABLE auth_audit_events',
    'ALTER TABLE auth_audit_events DISABLE TRIGGER ALL',
    'DROP TRIGGER audit_events_keep ON auth_audit_events',
    'CREATE OR REPLACE FUNCTION auth_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
    'DELETE FROM auth_audit_chains',
    'TRUNCATE auth_audit_chains',
    'SET session_replication_role = replica',
    `SELECT auth_audit_purge(1::smallint, 100, '')`,
    `SELECT auth_audit_purge(chain, seq, '') FROM (SELECT chain, max(seq) AS seq FROM auth_audit_events GROUP BY chain)`,
    `SELECT auth_audit_shorten_addresses(1::smallint, 100, '')`,
    `SELECT auth_audit_shorten_addresses(chain, seq, '') FROM (SELECT chain, max(seq) AS seq FROM auth_audit_events GROUP BY chain)`,
    'UPDATE auth_audit_chains SET purged_seq = seq',
    'UPDATE auth_audit_chains SET shortened_seq = seq',
    `UPDATE auth_audit_chains SET purged_hash = hash`,
    'UPDATE auth_audit_chains SET id = id + 100',
    `INSERT INTO auth_audit_chains (id, hash, purged_seq, purged_hash) VALUES (99, '', 7, '')`,
    'UPDATE auth_installation SET audit_retention_days = 30',
    'DELETE FROM auth_installation',
    `INSERT INTO auth_installation (notices_channel) VALUES ('mine')`,
    'TRUNCATE auth_installation',
  ])('cannot %s', async (sql) => {
    const before = await trail.database.query('SELECT * FROM auth_audit_events ORDER BY id');
    await expect(service.db.query(sql)).rejects.toMatchObject({ driverError: { code: '42501' } });
    expect(await trail.database.query('SELECT * FROM auth_audit_events ORDER BY id')).toEqual(before);
  });

  it('forgets nothing sooner than the owner has set', async () => {
    const own = await AuditTrail.start();
    for (const sql of auditRights(role)) await own.database.query(sql);
    const asService = await AuditTrail.start({ on: own.database, role });
    try {
      await own.database.query(keepAudit({ auditRetentionDays: 365, auditAddressDays: 90 }));
      await asService.recordOld(100);
      await asService.recordOld(80);
      await expect(asService.retention.purge(daysAgo(31))).rejects.toThrow('only ever added');
      await expect(asService.retention.shortenAddresses(daysAgo(31))).rejects.toThrow('only ever added');
      expect(await asService.retention.shortenAddresses(daysAgo(90))).toBe(1);
      expect(await asService.verify()).toMatchObject({ faults: [] });
      await own.database.query(keepAudit({ auditRetentionDays: 60, auditAddressDays: 2 }));
      expect(await asService.retention.purge(daysAgo(60))).toBe(2);
      expect(await asService.verify()).toMatchObject({ faults: [] });
    } finally {
      await own.database.query(`DROP OWNED BY ${role}`);
      await asService.stop();
      await own.stop();
    }
  });

  it('is not led astray by tables of its own making', async () => {
    const runner = service.db.createQueryRunner();
    await runner.query('CREATE TEMP TABLE auth_audit_events (chain smallint, seq bigint)');
    await runner.query('CREATE TEMP TABLE auth_audit_chains AS SELECT 1 AS id, 10 AS purged_seq');
    await expect(runner.query(`SELECT auth_audit_purge(1::smallint, 100, '')`)).rejects.toThrow(
      'only ever added',
    );
    await runner.query('DISCARD TEMP');
    await runner.release();
  });

  it('may do no more to the functions than it was granted', async () => {
    await trail.database.query(`REVOKE ALL ON FUNCTION auth_audit_purge FROM ${role}`);
    await expect(service.db.query(`SELECT auth_audit_purge(1::smallint, 0, '')`)).rejects.toMatchObject({
      driverError: { code: '42501' },
    });
  });
});
