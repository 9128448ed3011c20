import { v7 as uuid } from 'uuid';
import { AuditEventDto } from '../src/audit/audit-event.dto.js';
import { AuditQueryDto } from '../src/audit/audit-query.dto.js';
import type { NewAuditEvent } from '../src/audit/new-audit-event.js';
import { onBehalfOf } from '../src/http/request/request-context.js';
import { InputPipe } from '../src/http/input/input.pipe.js';
import { AuditTrail, client } from './support/audit-trail.js';

let trail: AuditTrail;
beforeEach(async () => {
  trail = await AuditTrail.start();
});
afterEach(() => trail.stop());

const [ada, grace] = [uuid(), uuid()];
const signIn: NewAuditEvent = { type: 'authn_login_success', userId: ada, actorId: ada, client };

describe('an event', () => {
  it('is shown as it was recorded', async () => {
    const before = Date.now();
    await trail.audit.recordAlone({
      type: 'authz_change',
      userId: ada,
      actorId: grace,
      client: { ip: '2001:DB8::17', userAgent: 'curl/8.5.0', requestId: 'r-1' },
      data: { before: { role: 'user' }, after: { role: 'admin' } },
    });

    const { items } = await trail.audit.list({ limit: 10 });
    expect(items).toMatchObject([{ requestId: 'r-1' }]);
    const [shown] = items.map((event) => AuditEventDto.from(event));
    expect(shown).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      type: 'authz_change',
      user_id: ada,
      actor_id: grace,
      ip: '2001:db8::17',
      user_agent: 'curl/8.5.0',
      data: { before: { role: 'user' }, after: { role: 'admin' } },
      created_at: expect.any(String),
    });
    expect(Date.parse(shown.created_at)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(shown.created_at)).toBeLessThanOrEqual(Date.now());
  });

  it('is recorded whatever the client sent', async () => {
    for (const [sent, stored] of [
      [{ ip: 'unknown' }, { ip: null }],
      [{ userAgent: 'é'.repeat(500) }, { userAgent: 'é'.repeat(400) }],
      [{ userAgent: 'a\0b\ud800' }, { userAgent: 'ab\ufffd' }],
      [{ requestId: 'r'.repeat(100) }, { requestId: 'r'.repeat(64) }],
    ]) {
      await trail.audit.recordAlone({ ...signIn, client: { ...client, ...sent } });
      expect(await trail.audit.list({ limit: 1 })).toMatchObject({ items: [{ ...client, ...stored }] });
    }
    expect(await trail.verify()).toMatchObject({ events: 4, faults: [] });
  });

  it('names the request on whose behalf a job records it', async () => {
    await onBehalfOf({ requestId: 'r-17' }, () => trail.audit.recordAlone({ ...signIn, client: null }));
    expect(await trail.audit.list({ limit: 1 })).toMatchObject({ items: [{ requestId: 'r-17' }] });
  });

  it('is recorded also without a client', async () => {
    await trail.audit.recordAlone({ ...signIn, client: null });
    expect(await trail.audit.list({ limit: 1 })).toMatchObject({
      items: [{ ip: null, userAgent: null, requestId: null }],
    });
    expect(await trail.verify()).toMatchObject({ events: 1, faults: [] });
  });

  it('is refused outside of a transaction', async () => {
    await expect(trail.audit.record(signIn, trail.db.manager)).rejects.toThrow('inside a transaction');
  });

  it('is refused with a secret in it, and the transaction with it', async () => {
    const event = { ...signIn, data: { refresh_token: 'AQGZ86Rv' } };
    await expect(trail.audit.recordAlone(event)).rejects.toThrow('refresh_token');
    expect(await trail.audit.list({ limit: 1 })).toMatchObject({ total: 0 });
  });

  it('is recorded among many as it is alone', async () => {
    const events = [
      signIn,
      { ...signIn, client: { ip: '2001:DB8::17', userAgent: 'a "b" \\x41', requestId: 'r-1' } },
      { ...signIn, userId: null, actorId: null, client: null, data: { reason: 'a "b" \\u0000 é' } },
    ];
    await trail.db.transaction(async (tx) => {
      await trail.audit.record(signIn, tx);
      await trail.audit.recordAll(events, tx);
      await trail.audit.recordAll([], tx);
    });
    for (const event of events) await trail.audit.recordAlone(event);

    const { items } = await trail.audit.list({ limit: 10 });
    const [alone, among] = [items.slice(0, 3), items.slice(3, 6)].map((list) =>
      list.map(({ type, userId, actorId, ip, userAgent, requestId, data }) => ({
        ...{ type, userId, actorId, ip, userAgent, requestId, data },
      })),
    );
    expect(among).toEqual(alone);
    expect(await trail.verify()).toMatchObject({ events: 7, faults: [] });
  });

  it('is gone with a transaction that is rolled back, and leaves no gap', async () => {
    for (let i = 0; i < 20; i++) {
      const work = trail.db.transaction(async (tx) => {
        await trail.audit.record(signIn, tx);
        await trail.audit.record(signIn, tx);
        if (i % 2 === 0) throw new Error('no');
      });
      if (i % 2 === 0) await expect(work).rejects.toThrow('no');
      else await work;
    }
    expect(await trail.verify()).toMatchObject({ events: 20, faults: [] });
  });

  it('is gone with a savepoint that is rolled back, and leaves no gap', async () => {
    await trail.db.transaction(async (tx) => {
      await trail.audit.record(signIn, tx);
      const inner = tx.transaction(async (nested) => {
        await trail.audit.record(signIn, nested);
        throw new Error('no');
      });
      await expect(inner).rejects.toThrow('no');
      await tx.transaction((nested) => trail.audit.record(signIn, nested));
      await trail.audit.record(signIn, tx);
    });
    await trail.recordSome(2);
    expect(await trail.verify()).toMatchObject({ events: 5, faults: [] });
  });
});

describe('the trail', () => {
  it('is whole after 16 connections of two instances wrote 200 events each, all at once', async () => {
    const other = await AuditTrail.start({ on: trail.database });
    const writers = Array.from({ length: 16 }, async (_, i) => {
      const { db, audit } = i % 2 === 0 ? trail : other;
      for (let n = 0; n < 200; n++) {
        const rollBack = n % 20 === i;
        await db
          .transaction(async (tx) => {
            await audit.record({ ...signIn, userId: i % 3 === 0 ? ada : uuid() }, tx);
            if (rollBack) throw new Error('rolled back');
          })
          .catch((error: Error) => expect(error.message).toBe('rolled back'));
      }
    });
    await Promise.all(writers);
    const kept = 16 * 200 - 16 * 10;
    const { events, chains, faults } = await trail.verify();
    expect({ events, faults }).toEqual({ events: kept, faults: [] });
    expect(chains).toBeLessThanOrEqual(32);
    await other.stop();
  });

  it('is begun by the first events, all at once, where the tables were made after the start', async () => {
    await trail.tamper(
      `DELETE FROM auth_audit_chains WHERE id > 0; UPDATE auth_audit_chains SET seq = 0, mac = NULL`,
    );
    await Promise.all(Array.from({ length: 40 }, () => trail.recordSome(1)));
    expect(await trail.verify()).toMatchObject({ events: 40, faults: [] });
  });

  it('goes on with more chains where all are held', async () => {
    const other = await AuditTrail.start({ on: trail.database });
    const commits: (() => void)[] = [];
    const held: Promise<void>[] = [];
    for (let i = 0; i < 16; i++) {
      const { db, audit } = i % 2 === 0 ? trail : other;
      await new Promise<void>((recorded) => {
        held.push(
          db.transaction(async (tx) => {
            await audit.record(signIn, tx);
            recorded();
            await new Promise<void>((commit) => commits.push(commit));
          }),
        );
      });
    }
    await Promise.all([trail.recordSome(2), trail.recordSome(2), other.recordSome(2)]);
    for (const commit of commits) commit();
    await Promise.all(held);
    expect(await trail.verify()).toMatchObject({ events: 22, chains: 32, faults: [] });
    await other.stop();
  });

  it('is not waited for by a transaction while another holds a chain', async () => {
    await trail.db.transaction(async (tx) => {
      await trail.audit.record(signIn, tx);
      // More than there are chains at first.
      const others = Array.from({ length: 8 }, () =>
        trail.db.transaction(async (other) => {
          await trail.audit.record(signIn, other);
          await trail.recordSome(1);
        }),
      );
      await Promise.all(others);
    });
    expect(await trail.verify()).toMatchObject({ events: 17, faults: [] });
  });

  it('refuses to be changed, by its owner and a superuser as well', async () => {
    await trail.recordSome(1);
    for (const sql of [
      `UPDATE auth_audit_events SET type = 'authn_login_success'`,
      `UPDATE auth_audit_events SET ip = '192.0.2.0/24', address_salt = NULL`,
      'DELETE FROM auth_audit_events',
      'TRUNCATE auth_audit_events',
      'DELETE FROM auth_audit_chains',
      'TRUNCATE auth_audit_chains',
    ])
      await expect(trail.database.query(sql)).rejects.toMatchObject({ code: '42501' });
  });
});

describe('the list', () => {
  const query = async (fields: Record<string, unknown>) =>
    ((await new InputPipe(AuditQueryDto).transform(fields, { type: 'query' })) as AuditQueryDto).toFilter();

  it('goes from new to old, page by page, also while events are added', async () => {
    await trail.recordSome(25);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await trail.audit.list(await query({ limit: '10', ...(cursor && { cursor }) }));
      // As of the first page: to count again for each one costs as much as all of them.
      expect(page.total).toBe(25);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
      await trail.recordSome(1);
    } while (cursor);
    expect(seen).toHaveLength(25);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
  });

  it('is filtered by account, actor, type and time', async () => {
    await trail.recordOld(40);
    await trail.recordOld(3);
    await trail.audit.recordAlone(signIn);
    await trail.audit.recordAlone({ ...signIn, type: 'authz_change', actorId: grace });

    const total = async (fields: object) => (await trail.audit.list(await query({ ...fields }))).total;
    const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString();
    expect(await total({})).toBe(4);
    expect(await total({ user_id: ada })).toBe(2);
    expect(await total({ actor_id: grace })).toBe(1);
    expect(await total({ user_id: ada, type: 'authn_login_success' })).toBe(1);
    expect(await total({ user_id: grace })).toBe(0);
    expect(await total({ from: day(10) })).toBe(3);
    expect(await total({ from: day(10), to: day(1) })).toBe(1);
    expect(await total({ to: day(10).slice(0, 10) })).toBe(1);
    expect(await total({ from: '1969-12-31' })).toBe(4);
    expect(await total({ to: '1969-12-31T23:59:59+01:00' })).toBe(0);
  });

  it('refuses a cursor of another list', async () => {
    for (const cursor of ['WyJhZGEiXQ', 'W10', 'x'])
      await expect(trail.audit.list({ limit: 20, cursor })).rejects.toMatchObject({ status: 422 });
  });

  it('counts up to 1000, and estimates above', async () => {
    await trail.tamper(
      `INSERT INTO auth_audit_events (id, type, data, created_at, chain, seq, hash)
       SELECT gen_random_uuid(), 'authn_login_fail', '{}', now(), 1, n, '' FROM generate_series(1, 1000) n;
       ANALYZE auth_audit_events`,
    );
    expect(await trail.audit.list({ limit: 1 })).toMatchObject({ total: 1000, totalIsEstimate: false });
    await trail.tamper(
      `INSERT INTO auth_audit_events (id, type, data, created_at, chain, seq, hash)
       SELECT gen_random_uuid(), 'authn_login_fail', '{}', now(), 2, n, '' FROM generate_series(1, 5000) n;
       ANALYZE auth_audit_events`,
    );
    const { total, totalIsEstimate } = await trail.audit.list({ limit: 1 });
    expect(totalIsEstimate).toBe(true);
    expect(Math.abs(total - 6000)).toBeLessThan(60);
  });
});
