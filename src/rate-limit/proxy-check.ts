import { isPrivate } from '../http/request/ip-address.js';

/** Parts of a request that are checked; common to Fastify and Express. */
export interface ForwardedRequest {
  /** IP address of the client as seen by the HTTP server behind trusted proxies. */
  ip?: string;
  headers: Record<string, string | string[] | undefined>;
  socket?: { remoteAddress?: string };
}

/** Number of clients behind one address that is not a coincidence. */
const ENOUGH = 3;

/**
 * Detects a proxy that is not trusted. All of its clients would count as one and share its limits, so that a few of
 * them could exhaust the sign-ins of all.
 */
export class ProxyCheck {
  private readonly clients = new Set<string>();
  private told = false;

  /** @param warn - Called once. */
  constructor(private readonly warn: (line: string) => void) {}

  /** Checks a request until the warning was given. */
  notice({ ip, headers, socket }: ForwardedRequest): void {
    const forwarded = headers['x-forwarded-for'];
    // Behind a trusted proxy, the client address differs from that of the connection.
    if (this.told || !forwarded || !ip || ip !== socket?.remoteAddress || !isPrivate(ip)) return;
    this.clients.add(String(forwarded));
    if (this.clients.size < ENOUGH) return;
    this.told = true;
    this.warn(
      `Requests from ${ip} name several clients in X-Forwarded-For, but ${ip} is not a trusted proxy, so they all count as one client. ` +
        'If it is your proxy, add it to TRUSTED_PROXIES (in a host: to what its HTTP server trusts).',
    );
  }
}
