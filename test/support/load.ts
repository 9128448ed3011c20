import { setTimeout as sleep } from 'node:timers/promises';

/** Response, or the reason why there was none. */
export interface Heard {
  /** When it came, in ms as `performance.now()` tells. */
  at: number;
  /** In ms. */
  took: number;
  /** `undefined`: none came. */
  status?: number;
  retryAfter?: string | null;
  /** Why none came, such as `ECONNREFUSED`. */
  reason?: string;
}

/** Clients that ask one thing after the other, as many at once as there are functions, until they are stopped. */
export class Load {
  readonly heard: Heard[] = [];
  private stopped = false;
  private readonly clients: Promise<void>[];

  constructor(clients: readonly (() => Promise<Response>)[]) {
    this.clients = clients.map((ask) => this.keepAsking(ask));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients);
  }

  /** Stops the clients after their current requests. */
  async for(ms: number): Promise<void> {
    await sleep(ms);
    await this.stop();
  }

  /** How many answers of each status there are, and of each reason why there is none. */
  tally(heard = this.heard): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { status, reason } of heard) counts[status ?? reason!] = (counts[status ?? reason!] ?? 0) + 1;
    return counts;
  }

  private async keepAsking(ask: () => Promise<Response>): Promise<void> {
    while (!this.stopped) {
      const begun = performance.now();
      const heard: Heard = { at: 0, took: 0 };
      try {
        const response = await ask();
        heard.status = response.status;
        heard.retryAfter = response.headers.get('retry-after');
        await response.arrayBuffer();
      } catch (error) {
        const { cause = error } = error as Error;
        heard.reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
        heard.status = undefined;
      }
      heard.at = performance.now();
      heard.took = heard.at - begun;
      this.heard.push(heard);
      // Refused clients do not hammer, and the others leave the service some of the machine.
      await sleep(heard.status === undefined ? 100 : 5);
    }
  }
}
