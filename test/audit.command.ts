import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditTrail, KEY } from './support/audit-trail.js';
import { runAstra } from './support/run-astra.js';

let trail: AuditTrail;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'astra-audit-'));
  trail = await AuditTrail.start();
  await trail.recordSome(3);
});
afterEach(async () => {
  await trail.stop();
  await rm(folder, { recursive: true });
});

const verify = (...args: string[]) =>
  runAstra(trail.database, ['audit', 'verify', ...args], { SECRET_KEY: KEY });

describe('astra audit verify', () => {
  it('says that the trail is as it was written', async () => {
    expect(await verify()).toMatchObject({
      exitCode: 0,
      printed: ['Read 3 events in 16 chains: the audit trail is intact.'],
    });
  });

  it('names what is wrong, and fails', async () => {
    await trail.tamper('DELETE FROM auth_audit_events WHERE seq = 2');
    const { items } = await trail.audit.list({ limit: 1 });
    expect(await verify()).toMatchObject({
      exitCode: 1,
      printed: [
        `missing: Event 2 is missing from chain 1, before ${items[0].id}.`,
        'Read 2 events in 16 chains: the audit trail has been tampered with.',
      ],
    });
  });

  it('compares with the anchor of the time before, and keeps it while something is wrong', async () => {
    const anchor = ['--anchor', join(folder, 'anchor.json')];
    expect(await verify(...anchor)).toMatchObject({ exitCode: 0 });
    await trail.recordSome(2);
    expect(await verify(...anchor)).toMatchObject({ exitCode: 0 });

    await trail.tamper(
      `UPDATE auth_audit_chains SET seq = old.seq, hash = old.hash, mac = old.mac
         FROM auth_audit_chains old WHERE old.id = 2 AND auth_audit_chains.id = 1;
       DELETE FROM auth_audit_events`,
    );
    for (let i = 0; i < 2; i++) {
      const { exitCode, printed } = await verify(...anchor);
      expect(exitCode).toBe(1);
      expect(printed[0]).toMatch(/^missing: Chain 1 has fewer events than at the time of the anchor/);
    }
  });

  it('refuses an anchor that is none, and options that there are not', async () => {
    for (const [args, reason] of [
      [['--anchor', folder], 'EISDIR'],
      [['--anchors', 'x'], '--anchors'],
    ] as const) {
      const { exitCode, noticed } = await verify(...args);
      expect([exitCode, noticed[0]]).toEqual([1, expect.stringContaining(reason)]);
    }
  });
});
