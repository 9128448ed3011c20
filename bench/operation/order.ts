import { loadavg } from 'node:os';
import { machine, onWhat, save, table } from '../report.js';

/** Order to one part of the benchmarks. */
export interface Order {
  /** Folder for tables. */
  folder: string;
  rounds: number;
  /** Duration of a measurement in seconds. */
  seconds: number;
  /** Version of the server. */
  postgres: string;
  notice: (line: string) => void;
}

/** Options with which the image and the scripts start the service. */
export const AS_SHIPPED = ['--max-semi-space-size=4'];

export function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))];
}

/** Outcome of a part. */
export interface Conclusion {
  /** Of the files. */
  name: string;
  /** Of what, such as `Medians of 5 starts`. Default: of the rounds. */
  of?: string;
  head: string[];
  rows: string[][];
  /** Sentences below the table. Default none. */
  remarks?: string;
  /** Figures, to keep. */
  results: object;
}

/** Writes the outcome into the folder, as `<name>.json` and `<name>.md`. @returns the latter. */
export async function conclude(order: Order, conclusion: Conclusion): Promise<string> {
  const { folder, rounds, seconds, postgres } = order;
  const {
    name,
    of = `Medians of ${rounds} rounds of ${seconds} s`,
    head,
    rows,
    remarks,
    results,
  } = conclusion;
  const where = machine(postgres);
  const load = loadavg()[0].toFixed(1);
  const markdown = [
    `${onWhat(where)} ${of}; load of the machine ${load}.`,
    table(head, rows),
    ...(remarks ? [remarks] : []),
  ].join('\n\n');
  await save(folder, name, { machine: where, ...results }, markdown);
  return markdown;
}
