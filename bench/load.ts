import autocannon, { type Options, type Request, type Result } from 'autocannon';

/** Number of connections, each with one request at a time. */
export const CONNECTIONS = 16;

/** Requests of one kind, created one by one. */
export interface Traffic {
  method: 'GET' | 'POST';
  path: string;
  next(): Pick<Request, 'headers' | 'body'>;
  /** @param body - Body of a response with status 200. */
  answered?(body: string): void;
}

/** Measurements of the client. Latencies are in ms. */
export interface Seen {
  requests: number;
  seconds: number;
  p50: number;
  p99: number;
}

/** Requests per batch. */
const BATCH = 4_000;

/**
 * Sends requests as fast as the server responds, in whole batches until the time is over. No request is cut off at the
 * end, so a chain of refresh tokens stays intact.
 *
 * @throws {Error} unless all responses are 2xx.
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
      // Interval in ms at which it checks whether the batch is complete.
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
