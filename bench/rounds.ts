import { load, type Traffic } from './load.js';
import { median } from './median.js';
import type { ServerProcess } from './server-process.js';

/** Server with the requests to send to it. */
export interface Contestant {
  name: string;
  server: ServerProcess;
  traffic: Traffic;
}

/** Servers that do the same work. */
export interface Contest {
  name: string;
  /** Contestants, the first of which is compared to each of the others. */
  contestants: [Contestant, ...Contestant[]];
}

/** Figures of one contestant in one round, or the medians of its rounds. Latencies are in ms. */
export interface Figures {
  /** CPU time of the server's process per request in µs, and the share of the kernel. */
  cpu: number;
  system: number;
  requestsPerSecond: number;
  p50: number;
  p99: number;
  /** CPU time of the server's process per second; below about 0.9, the client was the bottleneck. */
  cores: number;
}

/** Result of a contestant. */
export interface Outcome {
  name: string;
  rounds: Figures[];
  median: Figures;
  /** Ratio of the first contestant's CPU time per request to this one's: median over the rounds. */
  firstByThis: number;
}

/** Result of a contest. */
export interface ContestOutcome {
  name: string;
  outcomes: Outcome[];
}

/** Warm-up in seconds, enough for the optimizing compiler to settle. */
export const WARM_UP = 4;

/**
 * Measures the contestants in turn, round after round, so that other load on the machine affects all of them.
 *
 * @param seconds - Duration of a measurement.
 */
export async function hold(
  { name, contestants }: Contest,
  rounds: number,
  seconds: number,
  notice: (line: string) => void,
): Promise<ContestOutcome> {
  for (const { server, traffic, name: who } of contestants) {
    await load(server.origin, traffic, WARM_UP);
    notice(`${name}: ${who} is warm`);
  }

  const figures = new Map<Contestant, Figures[]>(contestants.map((contestant) => [contestant, []]));
  for (let round = 0; round < rounds; round++) {
    // Each goes first once in turn.
    for (let i = 0; i < contestants.length; i++) {
      const contestant = contestants[(i + round) % contestants.length];
      const measured = await measure(contestant, seconds);
      figures.get(contestant)?.push(measured);
      notice(`${name}: round ${round + 1}, ${contestant.name}: ${measured.cpu.toFixed(1)} µs CPU a request`);
    }
  }

  const first = figures.get(contestants[0]) ?? [];
  return {
    name,
    outcomes: contestants.map((contestant) => {
      const rounds = figures.get(contestant) ?? [];
      return {
        name: contestant.name,
        rounds,
        median: medians(rounds),
        firstByThis: median(rounds.map(({ cpu }, i) => first[i].cpu / cpu)),
      };
    }),
  };
}

async function measure({ server, traffic }: Contestant, duration: number): Promise<Figures> {
  const before = await server.cpuTime();
  const { requests, seconds, p50, p99 } = await load(server.origin, traffic, duration);
  const after = await server.cpuTime();
  const system = after.system - before.system;
  const cpu = after.user - before.user + system;
  return {
    cpu: (cpu / requests) * 1e6,
    system: (system / requests) * 1e6,
    requestsPerSecond: requests / seconds,
    p50,
    p99,
    cores: cpu / seconds,
  };
}

function medians(rounds: Figures[]): Figures {
  const of = (name: keyof Figures) => median(rounds.map((figures) => figures[name]));
  return {
    cpu: of('cpu'),
    system: of('system'),
    requestsPerSecond: of('requestsPerSecond'),
    p50: of('p50'),
    p99: of('p99'),
    cores: of('cores'),
  };
}
