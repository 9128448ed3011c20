import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where receivers listen. */
export const RECEIVER_ADDRESS = '127.0.0.2';

/** Request that came in at a receiver. */
export interface ReceivedEvent {
  headers: IncomingHttpHeaders;
  /** As it was sent. */
  body: string;
}

/** Endpoint of webhooks on this machine, at an address of its own, so that all others here stay off limits. */
export class WebhookReceiver {
  readonly received: ReceivedEvent[] = [];
  /** How it responds. Default 204. */
  respond: (response: ServerResponse, event: ReceivedEvent) => void = (response) =>
    void response.writeHead(204).end();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    const receiver = new WebhookReceiver(server);
    server.on('request', (request, response) => void receiver.take(request, response));
    await once(server.listen(0, RECEIVER_ADDRESS), 'listening');
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://${RECEIVER_ADDRESS}:${this.port}/astra`;
  }

  /** What came in, parsed. */
  get events(): { id: string; type: string; timestamp: string; data: Record<string, unknown> }[] {
    return this.received.map(({ headers, body }) => ({
      id: headers['webhook-id'] as string,
      ...(JSON.parse(body) as { type: string; timestamp: string; data: Record<string, unknown> }),
    }));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const event = { headers: request.headers, body };
    this.received.push(event);
    this.respond(response, event);
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
