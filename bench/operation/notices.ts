import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { median } from '../median.js';
import { conclude, type Order } from './order.js';

const CLIENTS = [1, 4, 16, 64];
const UPDATE = (i: number) => `UPDATE bench_rows SET n = n + 1 WHERE id = ${i}`;
const NOTICE = `'{"session":"01a21be5-7ed4-7716-adcc-21631e2b00a8"}'`;

/** Transactions of the same change, with each way to tell the instances about it. */
const ways: Record<string, (i: number) => string> = {
  'no notification': UPDATE,
  NOTIFY: (i) => `${UPDATE(i)}; SELECT pg_notify('astra', ${NOTICE})`,
  'a row': (i) =>
    `${UPDATE(i)}; INSERT INTO bench_notices VALUES (pg_current_xact_id()::text::bigint, ${NOTICE})`,
};

/**
 * Measures how many transactions with a notification commit per second, on a Postgres of its own that waits for the disk.
 *
 * @returns a table in Markdown, which is also written to `notices.md` in the folder.
 */
export async function measureNotices(order: Order): Promise<string> {
  const { rounds, seconds, notice } = order;
  const data = await mkdtemp(join(tmpdir(), 'astra-bench-'));
  const server = await EmbeddedPostgres.start({ dataDir: join(data, 'data') });
  const clients: pg.Client[] = [];
  const results = CLIENTS.map((count) => ({ count, rates: Object.keys(ways).map(() => [] as number[]) }));
  try {
    for (let i = 0; i < Math.max(...CLIENTS); i++) {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      clients.push(client);
    }
    await clients[0].query(`
      CREATE TABLE bench_rows AS SELECT i AS id, 0 AS n FROM generate_series(0, 63) i;
      ALTER TABLE bench_rows ADD PRIMARY KEY (id);
      CREATE UNLOGGED TABLE bench_notices (xid bigint, notice varchar(200), PRIMARY KEY (xid, notice));
      LISTEN astra`);
    for (let round = 0; round < rounds; round++) {
      for (const { count, rates } of results) {
        for (const [i, sql] of Object.values(ways).entries())
          rates[i].push(await rateOf(clients.slice(0, count), sql, seconds));
        notice(
          `Notices: round ${round + 1}, ${count}: ${rates.map((one) => one.at(-1)?.toFixed(0)).join(', ')} commits/s`,
        );
      }
    }
  } finally {
    await Promise.all(clients.map((client) => client.end()));
    await server.stop();
    await rm(data, { recursive: true, force: true });
  }
  const head = ['clients', ...Object.keys(ways)];
  const rows = results.map(({ count, rates }) => [
    String(count),
    ...rates.map((one) => median(one).toFixed(0)),
  ]);
  return conclude(order, { name: 'notices', head, rows, results: { results } });
}

/** Returns how many transactions per second the clients commit, each on a row of its own. */
async function rateOf(clients: pg.Client[], sql: (i: number) => string, seconds: number): Promise<number> {
  const begin = performance.now();
  const until = begin + seconds * 1_000;
  let commits = 0;
  await Promise.all(
    clients.map(async (client, i) => {
      for (; performance.now() < until; commits++) await client.query(sql(i));
    }),
  );
  return commits / ((performance.now() - begin) / 1_000);
}
