import { median } from '../median.js';
import type { Stage } from '../stage.js';
import { AS_SHIPPED, conclude, type Order } from './order.js';

/**
 * Measures how long the service takes until it is ready: on a database whose tables are up to date, and with an embedded
 * database that does not exist yet, which is development.
 *
 * @returns a table in Markdown, which is also written to `start.md` in the folder.
 */
export async function measureStart(stage: Stage, order: Order): Promise<string> {
  const { rounds, notice } = order;
  const ways = [
    { name: 'built, tables up to date', env: () => ({}), wall: [] as number[], cpu: [] as number[] },
    {
      name: 'built, no database yet',
      env: (round: number) => ({ NODE_ENV: 'development', DATABASE_URL: '', DATA_DIR: `fresh${round}` }),
      wall: [] as number[],
      cpu: [] as number[],
    },
  ];
  for (let round = -1; round < rounds; round++) {
    for (const { name, env, wall, cpu } of ways) {
      const begin = performance.now();
      const server = await stage.startAstra(AS_SHIPPED, env(round));
      const took = performance.now() - begin;
      const { user, system } = await server.cpuTime();
      await server.stop();
      notice(`Start: ${name}, round ${round + 1}: ${took.toFixed(0)} ms, ${user + system} s CPU`);
      if (round < 0) continue;
      wall.push(took);
      cpu.push((user + system) * 1_000);
    }
  }
  const rows = ways.map(({ name, wall, cpu }) => [
    name,
    `${median(wall).toFixed(0)} ms`,
    `${Math.min(...wall).toFixed(0)} ms`,
    `${median(cpu).toFixed(0)} ms`,
  ]);
  const head = ['', 'until ready', 'quickest', 'CPU of the process'];
  return conclude(order, { name: 'start', of: `Medians of ${rounds} starts`, head, rows, results: { ways } });
}
