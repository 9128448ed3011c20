import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { errorText } from '../http/problem/error-text.js';
import type { Metrics } from './metrics.js';

/** Address of the metrics server. */
export interface MetricsAddress {
  readonly host: string;
  /** Port; 0 takes any free one. */
  readonly port: number;
}

/** Serves `GET /metrics` on a separate port, which clients of the service need not reach. */
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(MetricsServer.name);
  private readonly server = createServer(
    { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 },
    (request, response) => void this.answer(request, response),
  );

  constructor(
    private readonly metrics: Metrics,
    private readonly address: MetricsAddress,
  ) {}

  /** Port that it listens on. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * Starts listening.
   *
   * @throws {Error} if the port cannot be used.
   */
  async onApplicationBootstrap(): Promise<void> {
    const { host, port } = this.address;
    try {
      await once(this.server.listen(port, host), 'listening');
    } catch (error) {
      throw new Error(
        `METRICS_PORT ${port} cannot be used: ${errorText(error)}. Set it to another port, or to 0.`,
        {
          cause: error,
        },
      );
    }
  }

  async onApplicationShutdown(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  /** Responds to a request. Everything except `GET /metrics` is rejected. */
  private async answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (url?.split('?', 1)[0] !== '/metrics') return void response.writeHead(404).end();
    if (method !== 'GET' && method !== 'HEAD')
      return void response.writeHead(405, { Allow: 'GET, HEAD' }).end();
    try {
      const { contentType, text } = await this.metrics.read();
      response.writeHead(200, { 'Content-Type': contentType }).end(text);
    } catch (error) {
      this.logger.error(`Metrics cannot be read: ${errorText(error)}`);
      response.writeHead(500).end();
    }
  }
}
