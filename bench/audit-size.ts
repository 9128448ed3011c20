import { verifyAudit } from '../src/audit/chains/verify-audit.js';
import type { AuditFilter } from '../src/audit/audit.service.js';
import { type AuditStage, keys, openAuditStage } from './audit-stage.js';
import { median } from './median.js';
import { table } from './report.js';

const EVENTS = 1_000_000;
/** Events recorded one by one, to be verified. */
const RECORDED = 20_000;
const ROUNDS = 101;

const userId = (n: number) => `0199f3a4-6f0e-7c61-9d5e-${n.toString(16).padStart(12, '0')}`;

/** Measures lists of a long trail, and its verification. */
export async function measureSize(notice: (line: string) => void): Promise<string> {
  const stage = await openAuditStage();
  try {
    const verified = await measureVerification(stage);
    notice(verified);
    await fill(stage);
    notice(`${EVENTS} events`);
    const since = new Date(Date.now() - 60 * 60 * 1000);
    const filters: Record<string, AuditFilter> = {
      'of all': {},
      'of one user': { userId: userId(17) },
      'by one actor': { actorId: userId(17) },
      'of a frequent type': { type: 'authn_login_success' },
      'of a rare type': { type: 'authz_change' },
      'of one user and a rare type': { userId: userId(17), type: 'authz_change' },
      'of the last hour': { from: since },
      'of a rare type, until an hour ago': { type: 'authz_change', to: since },
    };
    const rows: string[][] = [];
    for (const [name, filter] of Object.entries(filters))
      rows.push([name, ...(await measureList(stage, filter))]);
    return `${table([`Events, of ${EVENTS}`, 'found', 'first page p50', 'p99', 'tenth page p50', 'p99'], rows)}\n\n${verified}`;
  } finally {
    await stage.close();
  }
}

async function measureList({ audit }: AuditStage, filter: AuditFilter): Promise<string[]> {
  const first = await audit.list({ ...filter, limit: 20 });
  let page = first;
  for (let i = 1; i < 9 && page.nextCursor; i++)
    page = await audit.list({ ...filter, limit: 20, cursor: page.nextCursor });
  const cursor = page.nextCursor ?? undefined;
  const time = async (at: string | undefined) => {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const begin = performance.now();
      await audit.list({ ...filter, limit: 20, cursor: at });
      times.push(performance.now() - begin);
    }
    return [median(times), times.toSorted((a, b) => a - b)[ROUNDS - 2]].map((ms) => `${ms.toFixed(1)} ms`);
  };
  return [
    `${first.totalIsEstimate ? 'about ' : ''}${first.total}`,
    ...(await time(undefined)),
    ...(cursor ? await time(cursor) : ['', '']),
  ];
}

async function measureVerification({ db, audit }: AuditStage): Promise<string> {
  await db.transaction(async (tx) => {
    for (let i = 0; i < RECORDED; i++) {
      await audit.record({ type: 'user_created', userId: userId(i), actorId: null, client: null }, tx);
    }
  });
  const begin = performance.now();
  const { events, faults } = await verifyAudit(db, keys);
  if (faults.length > 0) throw new Error(faults[0].message);
  return `Verified ${events} events, ${((events / (performance.now() - begin)) * 1000).toFixed(0)} a second.`;
}

/** Generated events, which are in no chain that could be verified. */
async function fill({ db }: AuditStage): Promise<void> {
  await db.query(
    `INSERT INTO auth_audit_events (id, type, user_id, actor_id, user_agent, data, created_at, chain, seq, hash)
     SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(md5(n::text), 1, 3) || 'a' || substr(md5(n::text), 4, 15))::uuid,
            CASE WHEN n % 10 < 6 THEN 'authn_login_success' WHEN n % 1000 = 7 THEN 'authz_change' ELSE 'session_expired' END,
            of_user, CASE WHEN n % 10 < 6 THEN of_user END,
            'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', '{}',
            to_timestamp(ms / 1000.0), 1000, n, sha256('')
       FROM (SELECT n, (extract(epoch FROM now()) * 1000)::bigint - (${EVENTS} - n) * 1000 AS ms,
                    ('0199f3a4-6f0e-7c61-9d5e-' || lpad(to_hex(hashint8(n) & 16383), 12, '0'))::uuid AS of_user
               FROM generate_series(1, ${EVENTS}) AS n) AS made`,
  );
  await db.query('VACUUM ANALYZE auth_audit_events');
}
