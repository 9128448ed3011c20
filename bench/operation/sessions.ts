import { DataSource } from 'typeorm';
import { RefreshTokens } from '../../src/auth/tokens/refresh-tokens.js';
import { deleteInBatches } from '../../src/database/delete-in-batches.js';
import { dataSourceOptions } from '../../src/schema/data-source-options.js';
import { AuthSettings } from '../../src/settings/auth-settings.js';
import { median } from '../median.js';
import type { ServerProcess } from '../server-process.js';
import { send, type Stage, type Tokens } from '../stage.js';
import { AS_SHIPPED, conclude, type Order } from './order.js';
import { latencyOf, paced } from './paced-load.js';
import { pickSessions, seedSessions } from './seeded-sessions.js';

/** Sessions that are refreshed, in turn. The smaller table has no others. */
const USED = 20_000;
/**
 * Refreshes per second. As fast as the server responds would compare less: the more it has to wait for Postgres, the fewer
 * requests it handles each time it wakes up, and the more CPU time each of them takes.
 */
const RATE = 400;
/** Seconds of three times the rate, until the code of the service is compiled. */
const WARM_UP = 8;
/** Share of additional sessions that are over. */
const OVER = 0.1;

/** Table with a number of sessions, and what was measured on it. Times are in µs, and ms for `p99`. */
interface Side {
  live: number;
  url: string;
  server: ServerProcess;
  /** Refreshes the next session. Returns the status. */
  refresh: () => Promise<number>;
  cpu: number[];
  database: number[];
  p99: number[];
}

/**
 * Compares refreshes in a table with many sessions to those in an almost empty one, and measures the purge of sessions that are
 * over, and refreshes meanwhile.
 *
 * @param many - Number of sessions.
 * @returns tables in Markdown, which are also written to `sessions.md` in the folder.
 */
export async function measureSessions(stage: Stage, many: number, order: Order): Promise<string> {
  const { rounds, seconds, notice } = order;
  const sides: Side[] = [];
  for (const live of [USED, many]) {
    const url = await seedSessions(stage, { live, over: live === many ? Math.round(many * OVER) : 0 });
    notice(`${live} sessions are there`);
    const server = await stage.startAstra(AS_SHIPPED, {
      DATABASE_URL: url,
      LOG_LEVEL: 'warn',
    });
    const refresh = await refreshes(stage, { server, url });
    await paced(3 * RATE, WARM_UP, refresh);
    sides.push({ live, url, server, refresh, cpu: [], database: [], p99: [] });
  }
  const measure = async ({ server, refresh, url }: Side) => {
    const [before, backendsBefore] = [await server.cpuTime(), await stage.backendTime(url)];
    const answers = await paced(RATE, seconds, refresh);
    const [after, backendsAfter] = [await server.cpuTime(), await stage.backendTime(url)];
    const cpu = ((after.user + after.system - before.user - before.system) / answers.length) * 1e6;
    return {
      cpu,
      database: ((backendsAfter - backendsBefore) / answers.length) * 1e3,
      p50: latencyOf(answers, 0.5),
      p99: latencyOf(answers, 0.99),
    };
  };
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) {
      const { cpu, database, p99 } = await measure(side);
      side.cpu.push(cpu);
      side.database.push(database);
      side.p99.push(p99);
    }
    notice(
      `Sessions: round ${round + 1}: ${sides.map(({ database }) => database.at(-1)?.toFixed(0)).join(', ')} µs CPU of Postgres`,
    );
  }

  const [few, crowd] = sides;
  const purge = { isOver: false, took: 0, p50: [] as number[], p99: [] as number[] };
  const db = await new DataSource(dataSourceOptions({ url: crowd.url })).initialize();
  const begin = performance.now();
  const purging = deleteInBatches(
    db,
    'auth_sessions',
    `absolute_expires_at < now() - interval '25 hours'`,
    [],
  );
  const ended = purging.finally(() => {
    purge.isOver = true;
    purge.took = performance.now() - begin;
  });
  do {
    const { p50, p99 } = await measure(crowd);
    purge.p50.push(p50);
    purge.p99.push(p99);
  } while (!purge.isOver);
  await ended;
  const calm = await measure(crowd);
  const [{ locked }] = await stage.query<{ locked: string }>(
    `SELECT pg_size_pretty(pg_total_relation_size('auth_sessions')) AS locked`,
    [],
    crowd.url,
  );
  await db.destroy();

  const rows = sides.map((side) => [
    side.live.toLocaleString('en').replaceAll(',', ' '),
    `${median(side.cpu).toFixed(1)} µs`,
    `${median(side.database).toFixed(1)} µs`,
    side === few
      ? ''
      : `${median(side.cpu.map((us, i) => (us + side.database[i]) / (few.cpu[i] + few.database[i]))).toFixed(2)} ×`,
    `${median(side.p99).toFixed(1)} ms`,
  ]);
  const head = ['sessions', 'CPU of a refresh, service', 'Postgres', 'both, of the first', 'p99'];
  const remarks = `Deleting ${Math.round(many * OVER)} of ${Math.round(many * (1 + OVER))} sessions took ${(purge.took / 1000).toFixed(1)} s. Meanwhile, a refresh took ${median(purge.p50).toFixed(1)} ms (p99 ${median(purge.p99).toFixed(1)} ms), and after it ${calm.p50.toFixed(1)} ms (p99 ${calm.p99.toFixed(1)} ms). The table has ${locked}.`;
  const kept = sides.map(({ cpu, database, p99, live }) => ({ live, cpu, database, p99 }));
  return conclude(order, { name: 'sessions', head, rows, remarks, results: { sides: kept, purge, calm } });
}

/** Returns what refreshes sessions from all parts of the table in turn, each with its newest token. */
async function refreshes(
  stage: Stage,
  { server, url }: Pick<Side, 'server' | 'url'>,
): Promise<() => Promise<number>> {
  const tokens = new RefreshTokens(new AuthSettings({ secretKey: stage.secretKey }));
  const sessions = await pickSessions(stage, url, USED * 0.9);
  const queue = sessions.map(({ id }) => tokens.issue({ sessionId: id, generation: 0 }));
  let head = 0;
  return async () => {
    const answer = await send(`${server.origin}/api/v1/auth/refresh`, { refresh_token: queue[head++] });
    if (!answer.ok) throw new Error(`A refresh answers ${answer.status}`);
    queue.push(((await answer.json()) as Tokens).refresh_token);
    return answer.status;
  };
}
