import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { CONNECTIONS } from './load.js';
import type { ContestOutcome } from './rounds.js';

/** Under which circumstances the figures were measured. */
export interface Circumstances {
  rounds: number;
  /** Of each measurement. */
  seconds: number;
  postgres: string;
}

/** Writes `requests.json` and `requests.md` into a folder. @returns the tables, in Markdown. */
export async function report(
  folder: string,
  circumstances: Circumstances,
  contests: ContestOutcome[],
): Promise<string> {
  const machine = {
    date: new Date().toISOString(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    connections: CONNECTIONS,
    ...circumstances,
  };
  const { date, node, cpu, cores, connections, rounds, seconds, postgres } = machine;
  const markdown = [
    `${date.slice(0, 10)}, Node ${node}, Postgres ${postgres}, ${cores} cores of ${cpu}. Medians of ${rounds} rounds of ${seconds} s, ${connections} connections.`,
    ...contests.map(tableOf),
  ].join('\n\n');

  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'requests.json'), `${JSON.stringify({ machine, contests }, null, 2)}\n`);
  await writeFile(join(folder, 'requests.md'), `${markdown}\n`);
  return markdown;
}

function tableOf({ name, outcomes }: ContestOutcome): string {
  const rows = outcomes.map(({ name, median, firstByThis }, i) => [
    name,
    `${median.cpu.toFixed(1)} µs`,
    `${median.system.toFixed(1)} µs`,
    i === 0 ? '' : `${firstByThis.toFixed(2)} ×`,
    median.requestsPerSecond.toFixed(0),
    `${median.p50.toFixed(2)} ms`,
    `${median.p99.toFixed(2)} ms`,
    median.cores.toFixed(2),
  ]);
  const [{ name: first }] = outcomes;
  const head = [
    name,
    'CPU a request',
    'of it in the kernel',
    `${first} takes`,
    'requests/s',
    'p50',
    'p99',
    'cores in use',
  ];
  return [head, ['---', ...head.slice(1).map(() => '--:')], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
