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

export const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

export function quantile(values: readonly number[], q: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))];
}
