import { randomBytes, randomInt } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { NewAuditEvent } from '../src/audit/new-audit-event.js';
import { type AuditStage, openAuditStage } from './audit-stage.js';
import { median } from './median.js';
import { table } from './report.js';

const ROUNDS = 5;
const TRANSACTIONS = 4_000;
const CONCURRENCY = 10;

const event: NewAuditEvent = {
  type: 'authn_login_success',
  userId: uuid(),
  actorId: uuid(),
  client: {
    ip: '192.0.2.17',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0',
    requestId: uuid(),
  },
};

interface Figures {
  rate: number;
  nodeCpu: number;
  databaseCpu: number;
}

/** Measures the cost of an event in a transaction that changes one row, for the implementation and its alternatives. */
export async function measureEvents(notice: (line: string) => void): Promise<string> {
  const stage = await openAuditStage();
  try {
    await makeTables(stage);
    const ways = waysOf(stage);
    const figures = ways.map((): Figures[] => []);
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [i, [name, add]] of ways.entries()) {
        const measured = await measure(stage, add);
        // The first round is a warm-up.
        if (round > 0) figures[i].push(measured);
        notice(`round ${round}, ${name}: ${measured.rate.toFixed(0)}/s`);
      }
    }
    return table(
      ['A transaction that changes one row', 'a second', 'CPU of Node', 'CPU of Postgres'],
      ways.map(([name], i) => {
        const of = (figure: keyof Figures) => median(figures[i].map((measured) => measured[figure]));
        return [
          name,
          of('rate').toFixed(0),
          `${of('nodeCpu').toFixed(0)} µs`,
          `${of('databaseCpu').toFixed(0)} µs`,
        ];
      }),
    );
  } finally {
    await stage.close();
  }
}

type Way = [name: string, add: (tx: EntityManager) => Promise<unknown>];

function waysOf({ audit }: AuditStage): Way[] {
  let seq = 0;
  const insert = `
    INSERT INTO bench_events (chain, seq, hash, id, type, user_id, actor_id, ip, user_agent, request_id, data,
                              created_at, address_digest, address_salt)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '{}', now(), $3, $11)`;
  const row = (chain: number, number: number) => [
    chain,
    number,
    randomBytes(32),
    uuid(),
    event.type,
    event.userId,
    event.actorId,
    event.client?.ip,
    event.client?.userAgent,
    event.client?.requestId,
    randomBytes(16),
  ];
  return [
    ['and nothing else', async () => undefined],
    ['and adds a plain row', (tx) => tx.query(insert, row(1, ++seq))],
    ['and records an event', (tx) => audit.record(event, tx)],
    [
      'and records an event in the one chain of all',
      async (tx) => {
        const [{ last }]: [{ last: string }] = await tx.query(
          'SELECT last, hash FROM bench_chain WHERE id = 1 FOR UPDATE',
        );
        await tx.query('UPDATE bench_chain SET last = last + 1, hash = $1 WHERE id = 1', [randomBytes(32)]);
        await tx.query(insert, row(2, Number(last) + 1));
      },
    ],
  ];
}

async function makeTables({ db }: AuditStage): Promise<void> {
  await db.query('CREATE TABLE bench_rows AS SELECT id, 0 AS n FROM generate_series(1, 1000) AS id');
  await db.query('ALTER TABLE bench_rows ADD PRIMARY KEY (id)');
  await db.query('CREATE TABLE bench_events (LIKE auth_audit_events INCLUDING ALL)');
  await db.query(`CREATE TABLE bench_chain AS SELECT 1 AS id, 0::bigint AS last, ''::bytea AS hash`);
}

async function measure(stage: AuditStage, add: Way[1]): Promise<Figures> {
  const before = { at: performance.now(), node: process.cpuUsage(), database: await stage.databaseCpu() };
  let left = TRANSACTIONS;
  const work = async () => {
    while (left-- > 0) {
      await stage.db.transaction(async (tx) => {
        const id = randomInt(1, 1001);
        await tx.query('UPDATE bench_rows SET n = n + 1 WHERE id = $1', [id]);
        await add(tx);
      });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const { user, system } = process.cpuUsage(before.node);
  return {
    rate: (TRANSACTIONS / (performance.now() - before.at)) * 1000,
    nodeCpu: (user + system) / TRANSACTIONS,
    databaseCpu: (((await stage.databaseCpu()) - before.database) * 1000) / TRANSACTIONS,
  };
}
