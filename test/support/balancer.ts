import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Time in ms between two checks of an instance. */
const INTERVAL = 200;

/** Instance behind the balancer. */
export interface Instance {
  readonly url: string;
  isReady: boolean;
  /** Requests that it answered. */
  answered: number;
}

/**
 * Load balancer that keeps its connections to instances, as most do. It learns of a stop only by `/health/ready`, sends
 * requests to ready instances in turn, and never sends one again, so no fault of theirs stays hidden.
 */
export class Balancer {
  readonly instances: Instance[] = [];
  private readonly agent = new Agent({ keepAlive: true });
  private readonly server = createServer((from, to) => this.pass(from, to));
  private turn = 0;
  private isStopped = false;

  static async start(): Promise<Balancer> {
    const balancer = new Balancer();
    balancer.server.listen(0, '127.0.0.1');
    await once(balancer.server, 'listening');
    void balancer.watch();
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  add(url: string): Instance {
    const instance = { url, isReady: false, answered: 0 };
    this.instances.push(instance);
    return instance;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.agent.destroy();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async watch(): Promise<void> {
    while (!this.isStopped) {
      await Promise.all(
        this.instances.map(async (instance) => {
          const health = await fetch(`${instance.url}/health/ready`).catch(() => undefined);
          instance.isReady = health?.ok ?? false;
        }),
      );
      await sleep(INTERVAL);
    }
  }

  private pass(from: IncomingMessage, to: ServerResponse): void {
    const ready = this.instances.filter(({ isReady }) => isReady);
    if (ready.length === 0) return void to.writeHead(502).end();
    const instance = ready[this.turn++ % ready.length];
    const { method, headers } = from;
    const passed = request(instance.url + from.url, { agent: this.agent, method, headers });
    passed.once('response', (answer) => {
      instance.answered += 1;
      to.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(to);
    });
    passed.once('error', () => (to.headersSent ? to.destroy() : to.writeHead(502).end()));
    from.pipe(passed);
  }
}
