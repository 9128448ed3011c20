import { load, type Traffic } from '../load.js';
import { median } from '../median.js';
import { WARM_UP } from '../rounds.js';
import type { ServerProcess } from '../server-process.js';
import type { Stage } from '../stage.js';
import { conclude, type Order } from './order.js';

const COUNTS = [1, 2, 4];

/** Equal servers, and the kinds of requests that are sent to them. */
export interface Fleet {
  start: () => Promise<ServerProcess>;
  /** By name. Each call returns independent ones. */
  requests: Record<string, () => Traffic | Promise<Traffic>>;
}

/**
 * Measures the CPU time of a request while it is sent to one, two and four instances on one database, which is the same if
 * instances do not hinder each other and do not share cores.
 *
 * @param fleets - Astra's instances, and hand-written servers, which show what the machine contributes.
 * @returns a table in Markdown, which is also written to `instances.md` in the folder.
 */
export async function measureInstances(
  stage: Stage,
  fleets: readonly Fleet[],
  order: Order,
): Promise<string> {
  const { rounds, seconds, notice } = order;
  const results: { kind: string; count: number; cpu: number[]; database: number[] }[] = [];
  for (const { start, requests } of fleets) {
    const servers: ServerProcess[] = [];
    for (let i = 0; i < Math.max(...COUNTS); i++) servers.push(await start());
    if (stage.tokens.length === 0) await stage.signPeopleIn(servers[0]);
    for (const [kind, makeTraffic] of Object.entries(requests)) {
      const traffic = await makeTraffic();
      for (const server of servers) await load(server.origin, traffic, WARM_UP);
      const taken = COUNTS.map((count) => ({ kind, count, cpu: [] as number[], database: [] as number[] }));
      for (let round = 0; round < rounds; round++) {
        for (const { count, cpu, database } of taken) {
          const used = servers.slice(0, count);
          const before = await Promise.all(servers.map((server) => server.cpuTime()));
          const backendsBefore = await stage.backendTime();
          const seen = await Promise.all(used.map(({ origin }) => load(origin, traffic, seconds)));
          const backendsAfter = await stage.backendTime();
          const after = await Promise.all(servers.map((server) => server.cpuTime()));
          const spent = after.map(({ user, system }, i) => user + system - before[i].user - before[i].system);
          const answered = seen.reduce((sum, one) => sum + one.requests, 0);
          cpu.push((spent.reduce((sum, one) => sum + one, 0) / answered) * 1e6);
          database.push(((backendsAfter - backendsBefore) / answered) * 1e3);
        }
        notice(
          `${kind}: round ${round + 1}: ${taken.map(({ cpu }) => cpu.at(-1)?.toFixed(0)).join(', ')} µs CPU`,
        );
      }
      results.push(...taken);
    }
    await Promise.all(servers.map((server) => server.stop()));
  }
  const rows = results.map(({ kind, count, cpu, database }) => {
    const one = results.find((other) => other.kind === kind);
    return [
      `${kind}, ${count}`,
      `${median(cpu).toFixed(1)} µs`,
      count === 1 || !one ? '' : `${median(cpu.map((us, i) => us / one.cpu[i])).toFixed(2)} ×`,
      median(database) ? `${median(database).toFixed(1)} µs` : '',
    ];
  });
  const head = [
    'requests, instances',
    'CPU of the instances a request',
    'of one instance',
    'CPU of Postgres',
  ];
  return conclude(order, { name: 'instances', head, rows, results: { results } });
}
