import { load, type Traffic } from '../load.js';
import { median } from '../median.js';
import type { Stage } from '../stage.js';
import { AS_SHIPPED, conclude, type Order } from './order.js';

const COUNTS = [1, 2, 4];

/**
 * Measures the CPU time of a request while it is sent to one, two and four instances on one database, which is the same if
 * instances do not hinder each other.
 *
 * @param trafficOf - Requests of each kind; each call returns independent ones.
 * @returns a table in Markdown, which is also written to `instances.md` in the folder.
 */
export async function measureInstances(
  stage: Stage,
  trafficOf: Record<string, () => Traffic>,
  order: Order,
): Promise<string> {
  const { rounds, seconds, notice } = order;
  const servers = [];
  for (let i = 0; i < Math.max(...COUNTS); i++)
    servers.push(await stage.startAstra(AS_SHIPPED, { LOG_LEVEL: 'warn' }));
  await stage.signPeopleIn(servers[0]);
  const results: { kind: string; count: number; cpu: number[]; database: number[] }[] = [];
  for (const [kind, makeTraffic] of Object.entries(trafficOf)) {
    const traffic = makeTraffic();
    for (const server of servers) await load(server.origin, traffic, 3);
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
        const requests = seen.reduce((sum, one) => sum + one.requests, 0);
        cpu.push((spent.reduce((sum, one) => sum + one, 0) / requests) * 1e6);
        database.push(((backendsAfter - backendsBefore) / requests) * 1e3);
      }
      notice(
        `${kind}: round ${round + 1}: ${taken.map(({ cpu }) => cpu.at(-1)?.toFixed(0)).join(', ')} µs CPU`,
      );
    }
    results.push(...taken);
  }
  const rows = results.map(({ kind, count, cpu, database }) => {
    const one = results.find((other) => other.kind === kind);
    return [
      `${kind}, ${count}`,
      `${median(cpu).toFixed(1)} µs`,
      count === 1 || !one ? '' : `${median(cpu.map((us, i) => us / one.cpu[i])).toFixed(2)} ×`,
      `${median(database).toFixed(1)} µs`,
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
