import autocannon, { type Options, type Request, type Result } from 'autocannon';

/** Connections that are kept busy, one request at a time each. */
export const CONNECTIONS = 16;

/** Requests of one kind, each made when its turn comes. */
export interface Traffic {
  method: 'GET' | 'POST';
  path: string;
  next(): Pick<Request, 'headers' | 'body'>;
  /** @param body - Of an answer with status 200. */
  answered?(body: string): void;
}

/** What the client saw. Latencies are in ms. */
export interface Seen {
  requests: number;
  seconds: number;
  p50: number;
  p99: number;
}

/** Requests that are sent in one go. */
const BATCH = 4_000;

/**
 * Sends requests as fast as the server answers them, in whole batches until the time is over: no request is cut off
 * at the end, so that a chain of refresh tokens stays whole.
 *
 * @throws {Error} unless all of them are answered with a 2xx.
 */
export async function load(origin: string, traffic: Traffic, seconds: number): Promise<Seen> {
  // autocannon's own histogram counts whole milliseconds, which is too coarse here.
  const latencies: number[] = [];
  const begin = performance.now();
  const elapsed = () => (performance.now() - begin) / 1000;
  do await sendBatch(origin, traffic, latencies);
  while (elapsed() < seconds);

  const took = elapsed();
  latencies.sort((a, b) => a - b);
  const quantile = (q: number) => latencies[Math.floor(q * (latencies.length - 1))];
  return { requests: latencies.length, seconds: took, p50: quantile(0.5), p99: quantile(0.99) };
}

async function sendBatch(
  url: string,
  { method, path, next, answered }: Traffic,
  latencies: number[],
): Promise<void> {
  const { errors, non2xx, statusCodeStats } = await new Promise<Result>((resolve, reject) => {
    const options: Options = {
      url,
      amount: BATCH,
      connections: CONNECTIONS,
      // It looks that often, in ms, whether the batch is done.
      sampleInt: 5,
      requests: [
        {
          method,
          path,
          setupRequest: (request) => Object.assign(request, next()),
          onResponse: (status, body) => status === 200 && answered?.(body),
        },
      ],
    };
    const instance = autocannon(options, (error, result) =>
      error ? reject(error as Error) : resolve(result),
    );
    instance.on('response', (_client, _status, _bytes, latency) => latencies.push(latency));
  });
  if (errors > 0 || non2xx > 0) {
    throw new Error(`${method} ${path}: ${errors} errors, ${JSON.stringify(statusCodeStats)}`);
  }
}
