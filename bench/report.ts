import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { CONNECTIONS } from './load.js';
import type { ContestOutcome } from './rounds.js';

/** Circumstances of the measurements. */
export interface Circumstances {
  rounds: number;
  /** Duration of each measurement. */
  seconds: number;
  postgres: string;
}

/** Writes `<name>.json` and `<name>.md` into a folder. */
export async function save(folder: string, name: string, results: object, markdown: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(join(folder, `${name}.md`), `${markdown}\n`);
}

/** Machine and date of the measurements. */
export function machine(postgres: string) {
  const cpu = cpus()[0]?.model ?? 'unknown';
  return { date: new Date().toISOString(), node: process.version, postgres, cpu, cores: cpus().length };
}

/** Returns the circumstances as a sentence. */
export function onWhat({ date, node, postgres, cores, cpu }: ReturnType<typeof machine>): string {
  return `${date.slice(0, 10)}, Node ${node}, Postgres ${postgres}, ${cores} cores of ${cpu}.`;
}

/** Returns a table in Markdown; all columns except the first are right-aligned numbers. */
export function table(head: string[], rows: string[][]): string {
  return [head, ['---', ...head.slice(1).map(() => '--:')], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** Writes `requests.json` and `requests.md` into a folder. @returns the tables, in Markdown. */
export async function report(
  folder: string,
  { postgres, rounds, seconds }: Circumstances,
  contests: ContestOutcome[],
): Promise<string> {
  const where = machine(postgres);
  const markdown = [
    `${onWhat(where)} Medians of ${rounds} rounds of ${seconds} s, ${CONNECTIONS} connections.`,
    ...contests.map(tableOf),
  ].join('\n\n');
  const results = { machine: { ...where, connections: CONNECTIONS, rounds, seconds }, contests };
  await save(folder, 'requests', results, markdown);
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
  return table(head, rows);
}
