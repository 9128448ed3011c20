import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { RECEIVER_ADDRESS } from './webhook-receiver.js';

/** Try of a delivery, as the receiver saw it. */
export interface VerifiedTry {
  /** Path that it came to: one for each endpoint. */
  path: string;
  id: string;
  /** What the signature holds for; `null` if it does not. */
  event: { type: string; timestamp: string; data: Record<string, unknown> } | null;
}

/** Endpoints of webhooks in a process of their own, which verify signatures with the library of Standard Webhooks. */
export class VerifyingReceiver {
  readonly tries: VerifiedTry[] = [];

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {
    child.on('message', (one) => this.tries.push(one as VerifiedTry));
  }

  static async start(): Promise<VerifyingReceiver> {
    const child = fork(fileURLToPath(import.meta.url), {
      execArgv: [
        '--disable-warning=ExperimentalWarning',
        '--import',
        fileURLToPath(new URL('typescript.mjs', import.meta.url)),
      ],
    });
    const [port] = (await once(child, 'message')) as [number];
    return new VerifyingReceiver(child, port);
  }

  urlOf(path: string): string {
    return `http://${RECEIVER_ADDRESS}:${this.port}${path}`;
  }

  /** Sets the secret of the endpoint at a path. */
  expect(path: string, secret: string): void {
    this.child.send({ path, secret });
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill();
    await exited;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const secrets = new Map<string, string>();
  process.on('message', (message) => {
    const { path, secret } = message as { path: string; secret: string };
    secrets.set(path, secret);
  });
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { url: path = '', headers } = request;
    // The sender may be killed in the middle of it.
    const body = await text(request).catch(() => null);
    if (body === null) return;
    let event: VerifiedTry['event'] = null;
    try {
      const webhook = new Webhook(secrets.get(path) ?? '');
      event = webhook.verify(body, headers as never) as VerifiedTry['event'];
    } catch {
      // Reported as it is.
    }
    process.send?.({ path, id: headers['webhook-id'] as string, event } satisfies VerifiedTry);
    await sleep(randomInt(0, 20));
    // Some have to be sent again, by whoever lives then.
    response.writeHead(randomInt(0, 5) === 0 ? 503 : 204).end();
  };
  server.listen(0, RECEIVER_ADDRESS, () => process.send?.((server.address() as AddressInfo).port));
}
