import { shortenedNetwork } from '../src/http/request/ip-network.js';
import { AuditEvent } from '../src/audit/audit-event.entity.js';
import { GENESIS, hashEvent } from '../src/audit/chains/chain-hash.js';
import { AuditTrail, KEY } from './support/audit-trail.js';

let trail: AuditTrail;
const start = async () => {
  trail = await AuditTrail.start();
  await trail.recordSome(10);
};
const stop = () => trail.stop();

const KEEP = `CREATE TABLE old_events AS TABLE auth_audit_events; CREATE TABLE old_chains AS TABLE auth_audit_chains`;
const PUT_BACK = `DELETE FROM auth_audit_events; INSERT INTO auth_audit_events TABLE old_events;
                  DELETE FROM auth_audit_chains; INSERT INTO auth_audit_chains TABLE old_chains`;

async function idOf(seq: number): Promise<string> {
  const sql = 'SELECT id FROM auth_audit_events WHERE chain = 1 AND seq = $1';
  const [event] = await trail.database.query<{ id: string }>(sql, [seq]);
  return event.id;
}

/** What somebody does who can write all of the database, and knows this program, but has not the key. */
async function makeChainAnew(): Promise<void> {
  const events = await trail.db
    .getRepository(AuditEvent)
    .createQueryBuilder('event')
    .addSelect('event.addressDigest')
    .orderBy('event.id')
    .getMany();
  let hash: Buffer = GENESIS;
  let sql = '';
  events.forEach((event, i) => {
    const { id, type, userId, actorId, ip, addressDigest, userAgent, requestId, createdAt } = event;
    const content = { id, type, userId, actorId, addressDigest, userAgent, requestId, createdAt };
    const network = ip && shortenedNetwork(ip);
    const data = JSON.stringify(event.data);
    hash = hashEvent({ ...content, network, data, chain: 1, seq: i + 1 }, hash);
    sql += `UPDATE auth_audit_events SET seq = ${i + 1}, hash = '\\x${hash.toString('hex')}' WHERE id = '${id}';`;
  });
  await trail.tamper(
    `UPDATE auth_audit_events SET seq = -seq; ${sql}
     UPDATE auth_audit_chains SET seq = ${events.length}, hash = '\\x${hash.toString('hex')}' WHERE id = 1`,
  );
}

describe('a verification', () => {
  beforeAll(async () => {
    await start();
    await trail.tamper(KEEP);
  });
  afterEach(() => trail.tamper(PUT_BACK));
  afterAll(stop);

  it('finds nothing wrong with a trail that is as it was written', async () => {
    expect(await trail.verify()).toMatchObject({ events: 10, chains: 16, faults: [] });
  });

  it('finds nothing wrong with a trail that was never used', async () => {
    await trail.tamper(
      `DELETE FROM auth_audit_events; DELETE FROM auth_audit_chains WHERE id > 0;
       UPDATE auth_audit_chains SET seq = 0, mac = NULL`,
    );
    expect(await trail.verify()).toEqual({ events: 0, chains: 0, faults: [], anchor: '{}' });
  });

  it.each([
    ['a type', `type = 'authn_login_success'`],
    ['an account', `user_id = gen_random_uuid()`],
    ['an actor', `actor_id = gen_random_uuid()`],
    ['a time, by a millisecond', `created_at = created_at + interval '1 millisecond'`],
    ['an id', `id = gen_random_uuid()`],
    ['a user agent', `user_agent = 'curl/8.5.1'`],
    ['a request id', `request_id = NULL`],
    ['data, by a blank', `data = '{ }'`],
    ['an address', `ip = '192.0.2.18'`],
    ['an address, to one of another network', `ip = '198.51.100.17'`],
    ['an address, to none', `ip = NULL`],
    ['an address, to none at all', `ip = NULL, address_digest = NULL, address_salt = NULL`],
    ['an address, as if it were shortened', `ip = '192.0.2.0/24', address_salt = NULL`],
    ['a salt', `address_salt = decode(repeat('ab', 16), 'hex')`],
    ['a hash', `hash = decode(repeat('ab', 32), 'hex')`],
  ])('finds that %s was changed', async (_, change) => {
    await trail.tamper(`UPDATE auth_audit_events SET ${change} WHERE seq = 5`);
    const eventId = await idOf(5);
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'changed', chain: 1, eventId }] });
  });

  it.each([
    ['the first', 'seq = 1', 2],
    ['one in the middle', 'seq = 5', 6],
    ['several', 'seq BETWEEN 3 AND 7', 8],
  ])('finds %s missing, by the event after it', async (_, which, after) => {
    await trail.tamper(`DELETE FROM auth_audit_events WHERE ${which}`);
    const eventId = await idOf(after);
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'missing', chain: 1, eventId }] });
  });

  it('finds the last ones missing, by the event before them', async () => {
    await trail.tamper('DELETE FROM auth_audit_events WHERE seq > 8');
    const eventId = await idOf(8);
    expect(await trail.verify()).toMatchObject({
      events: 8,
      faults: [{ kind: 'missing', chain: 1, eventId }],
    });
  });

  it('finds all missing', async () => {
    await trail.tamper('DELETE FROM auth_audit_events');
    expect(await trail.verify()).toMatchObject({ events: 0, faults: [{ kind: 'missing', eventId: null }] });
  });

  it('finds one that was moved into the gap of another', async () => {
    await trail.tamper(
      'DELETE FROM auth_audit_events WHERE seq = 5; UPDATE auth_audit_events SET seq = 5 WHERE seq = 10',
    );
    const eventId = await idOf(5);
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'changed', eventId }] });
  });

  it('finds two that changed places', async () => {
    await trail
      .tamper('UPDATE auth_audit_events SET seq = 13 - seq WHERE seq IN (6, 7)')
      .catch(() => undefined);
    await trail.tamper(
      `UPDATE auth_audit_events SET seq = -seq WHERE seq IN (6, 7);
       UPDATE auth_audit_events SET seq = 13 + seq WHERE seq < 0`,
    );
    const eventId = await idOf(6);
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'changed', eventId }] });
  });

  it.each([
    ['at the end', 1, 11],
    ['before the first', 1, 0],
    ['far behind the end', 1, 1000],
    ['in a chain that nothing was written to', 2, 1],
    ['in a chain that there is not', 99, 1],
  ])('finds one that was inserted %s', async (_, chain, seq) => {
    await trail.tamper(
      `INSERT INTO auth_audit_events (id, type, data, created_at, chain, seq, hash)
       SELECT gen_random_uuid(), 'user_deleted', '{}', now(), ${chain}, ${seq}, hash FROM auth_audit_events WHERE seq = 10`,
    );
    const sql = `SELECT id FROM auth_audit_events WHERE type = 'user_deleted'`;
    const [{ id }] = await trail.database.query<{ id: string }>(sql);
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'inserted', chain, eventId: id }] });
  });

  it('finds one that was put in by renumbering all after it', async () => {
    await trail.tamper(
      `UPDATE auth_audit_events SET seq = -seq - 1 WHERE seq > 5;
       UPDATE auth_audit_events SET seq = -seq WHERE seq < 0;
       INSERT INTO auth_audit_events (id, type, data, created_at, chain, seq, hash)
       SELECT gen_random_uuid(), 'user_deleted', '{}', now(), 1, 6, hash FROM auth_audit_events WHERE seq = 5`,
    );
    const eventId = await idOf(6);
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'changed', eventId }] });
  });

  it.each([
    ['without one in the middle', 'DELETE FROM auth_audit_events WHERE seq = 5'],
    ['without the last', 'DELETE FROM auth_audit_events WHERE seq = 10'],
    ['with another type', `UPDATE auth_audit_events SET type = 'user_deleted' WHERE seq = 5`],
  ])('finds a chain that was made anew %s, for want of the key', async (_, change) => {
    await trail.tamper(change);
    await makeChainAnew();
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'unsigned', chain: 1 }] });
  });

  it('finds that a chain is gone with its end', async () => {
    await trail.tamper('DELETE FROM auth_audit_events; DELETE FROM auth_audit_chains WHERE id = 1');
    expect(await trail.verify()).toMatchObject({ faults: [{ kind: 'missing', chain: 1 }] });
  });

  it('finds that the last chains are gone, also when more were begun since', async () => {
    await trail.tamper('DELETE FROM auth_audit_events; DELETE FROM auth_audit_chains WHERE id IN (1, 16)');
    await trail.tamper(`UPDATE auth_audit_chains SET touched_at = now() WHERE id > 0`);
    const later = await AuditTrail.start({ on: trail.database });
    await later.stop();
    expect(await trail.verify()).toMatchObject({
      chains: 30,
      faults: [
        { kind: 'missing', chain: 1 },
        { kind: 'missing', chain: 16 },
      ],
    });
  });

  it.each([
    [
      'lowered',
      `DELETE FROM auth_audit_chains WHERE id = 16; UPDATE auth_audit_chains SET seq = 15 WHERE id = 0`,
    ],
    ['unsigned', `UPDATE auth_audit_chains SET mac = NULL WHERE id = 0`],
    ['deleted', `DELETE FROM auth_audit_chains WHERE id = 0`],
  ])('finds the number of chains %s', async (_, change) => {
    await trail.tamper(change);
    expect((await trail.verify()).faults).toMatchObject([{ chain: 0 }]);
  });

  it('finds a fault in each of several chains', async () => {
    await trail.db.transaction(async (tx) => {
      await trail.audit.record({ type: 'user_created', userId: null, actorId: null, client: null }, tx);
      await trail.recordSome(3);
    });
    await trail.tamper('UPDATE auth_audit_events SET user_id = gen_random_uuid() WHERE seq = 2');
    expect((await trail.verify()).faults).toMatchObject([
      { kind: 'changed', chain: 1 },
      { kind: 'changed', chain: 2 },
    ]);
  });

  it.each(['', 'anchor', '[1]', 'null', '{"1":10}', '{"x":[1,"ab"]}'])(
    'refuses the anchor "%s"',
    async (anchor) => {
      await expect(trail.verify({ anchor })).rejects.toThrow(SyntaxError);
    },
  );

  it('goes on while the service writes', async () => {
    let done = false;
    const writing = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!done) await trail.recordSome(1);
      }),
    );
    for (let i = 0; i < 20; i++) expect(await trail.verify()).toMatchObject({ faults: [] });
    done = true;
    await writing;
  });
});

describe('a chain that lost its last event', () => {
  beforeEach(start);
  afterEach(stop);

  it.each([
    ['only that', ''],
    ['its end was moved back', `, hash = (SELECT hash FROM auth_audit_events WHERE seq = 9), seq = 9`],
    ['its signature was replaced', `, mac = decode(repeat('ab', 32), 'hex')`],
  ])('is not signed again as if it were whole (%s)', async (_, change) => {
    await trail.tamper(
      `DELETE FROM auth_audit_events WHERE seq = 10;
       UPDATE auth_audit_chains SET touched_at = '-infinity'${change} WHERE id = 1`,
    );
    await trail.recordSome(20);
    const later = await AuditTrail.start({ on: trail.database });
    await later.recordSome(20);
    await later.stop();
    expect((await trail.verify()).faults).toMatchObject([{ chain: 1 }]);
  });
});

describe('an anchor', () => {
  beforeEach(start);
  afterEach(stop);

  it('finds that the whole trail was put back to an older state', async () => {
    await trail.tamper(KEEP);
    await trail.recordSome(5);
    const { anchor } = await trail.verify();
    await trail.tamper(PUT_BACK);
    expect(await trail.verify()).toMatchObject({ events: 10, faults: [] });
    expect(await trail.verify({ anchor })).toMatchObject({ faults: [{ kind: 'missing', chain: 1 }] });

    // Then filled up again, with other events and genuine signatures.
    await trail.tamper(
      `UPDATE auth_audit_chains SET touched_at = CASE id WHEN 1 THEN '-infinity' ELSE now() END`,
    );
    await trail.recordSome(5);
    expect(await trail.verify()).toMatchObject({ events: 15, faults: [] });
    expect(await trail.verify({ anchor })).toMatchObject({ faults: [{ kind: 'changed', chain: 1 }] });
  });

  it('holds while the trail grows', async () => {
    const { anchor } = await trail.verify();
    await trail.recordSome(5);
    expect(await trail.verify({ anchor })).toMatchObject({ events: 15, faults: [] });
  });
});

describe('the key', () => {
  beforeEach(start);
  afterEach(stop);

  const [first, second] = [KEY, 'the second secret key, of enough bytes'];

  it('can be changed, and the old one given up once the retention has run', async () => {
    const keys = { secretKey: second, previousSecretKeys: [first] };
    const renewed = await AuditTrail.start({ on: trail.database, ...keys });
    await trail.tamper(`UPDATE auth_audit_chains SET touched_at = '-infinity'`);
    await renewed.recordSome(3);
    expect(await renewed.verify()).toMatchObject({ events: 13, faults: [] });
    expect((await renewed.verify({ keys: { secretKey: second } })).faults[0]).toMatchObject({
      kind: 'unsigned',
    });

    await renewed.retention.purge(new Date(0));
    expect(await renewed.verify({ keys: { secretKey: second } })).toMatchObject({ events: 13, faults: [] });
    await renewed.stop();
  });

  it('is missed by the verification if the old one was not given, and not by who signs in', async () => {
    const stranger = await AuditTrail.start({ on: trail.database, secretKey: second });
    await stranger.recordSome(3);
    const { events, faults } = await stranger.verify();
    expect(events).toBe(13);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(['unsigned']));
    expect(faults.map(({ chain }) => chain)).toEqual(Array.from({ length: 17 }, (_, i) => i));
    await stranger.stop();
  });
});
