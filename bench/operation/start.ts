import { loadavg } from 'node:os';
import { machine, onWhat, save, table } from '../report.js';
import type { Stage } from '../stage.js';
import { median, type Order } from './order.js';

/**
 * Measures how long the service takes until it is ready: on a database whose tables are up to date, and with an embedded
 * database that does not exist yet, which is development.
 *
 * @returns a table in Markdown, which is also written to `start.md` in the folder.
 */
export async function measureStart(stage: Stage, order: Order): Promise<string> {
  const { folder, rounds, postgres, notice } = order;
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
      const server = await stage.startAstra(['--max-semi-space-size=4'], env(round));
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
  const markdown = [
    `${onWhat(machine(postgres))} Medians of ${rounds} starts; load of the machine ${loadavg()[0].toFixed(1)}.`,
    table(['', 'until ready', 'quickest', 'CPU of the process'], rows),
  ].join('\n\n');
  await save(folder, 'start', { machine: machine(postgres), ways }, markdown);
  return markdown;
}
