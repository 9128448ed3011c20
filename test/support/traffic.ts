import { Agent, request as send } from 'node:http';

/** What came of a request, and after how many milliseconds. */
export interface Seen {
  status: number;
  took: number;
  headers: Record<string, unknown>;
  body: string;
}

/** What a request is made of. */
export interface Asked {
  body?: object;
  token?: string;
  /** Whose address a proxy would have named. */
  from?: string;
}

/** Asks over connections that are kept, as many at once as it takes. `fetch` would make requests wait for one another. */
export class Traffic {
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly api: string) {}

  ask(path: string, { body, token, from }: Asked = {}): Promise<Seen> {
    const begun = performance.now();
    return new Promise((resolve, reject) => {
      const request = send(this.api + path, {
        agent: this.agent,
        method: body ? 'POST' : 'GET',
        headers: {
          ...(from && { 'x-forwarded-for': from }),
          ...(body && { 'content-type': 'application/json' }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
      });
      request.once('error', reject);
      request.once('response', (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            took: performance.now() - begun,
            headers: response.headers,
            body,
          }),
        );
      });
      request.end(body && JSON.stringify(body));
    });
  }

  /** Ends the connections. */
  stop(): void {
    this.agent.destroy();
  }
}

/**
 * Asks at equal distances, whether or not answers have come.
 *
 * @returns what came of all of them, once it is told to stop.
 */
export function keepAsking(perSecond: number, ask: (turn: number) => Promise<Seen>): () => Promise<Seen[]> {
  const all: Promise<Seen>[] = [];
  const begun = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - begun) / 1_000) * perSecond;
    while (all.length < due) all.push(ask(all.length));
  }, 5);
  return () => {
    clearInterval(timer);
    return Promise.all(all);
  };
}

/** By which time, in ms, a share of the answers had come. */
export function within(share: number, seen: Seen[]): number {
  const times = seen.map(({ took }) => took).sort((a, b) => a - b);
  return Math.round(times[Math.floor(share * (times.length - 1))] ?? 0);
}

/** In words, for whoever reads the figures. */
export function inWords(seen: Seen[]): string {
  return `${seen.length}, half of them within ${within(0.5, seen)} ms, 99 % within ${within(0.99, seen)} ms, all within ${within(1, seen)} ms`;
}
