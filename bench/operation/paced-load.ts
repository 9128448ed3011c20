import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from './order.js';

/** Response of a paced request. */
export interface PacedAnswer {
  status: number;
  /** In ms. */
  latency: number;
}

/**
 * Sends requests at a fixed rate, whether earlier ones were answered or not, as many independent clients do.
 *
 * @param rate - Requests per second.
 * @param send - Sends one and returns its status.
 * @returns the answers to all of them.
 */
export async function paced(
  rate: number,
  seconds: number,
  send: () => Promise<number>,
): Promise<PacedAnswer[]> {
  const total = Math.round(rate * seconds);
  const begin = performance.now();
  const answers: Promise<PacedAnswer>[] = [];
  while (answers.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - begin) / 1000) * rate) + 1);
    while (answers.length < due) {
      const sentAt = performance.now();
      answers.push(send().then((status) => ({ status, latency: performance.now() - sentAt })));
    }
    await sleep(2);
  }
  return Promise.all(answers);
}

/** Returns a quantile of the latencies, in ms. */
export function latencyOf(answers: readonly PacedAnswer[], q: number): number {
  return quantile(
    answers.map(({ latency }) => latency),
    q,
  );
}
