import { isPrivate } from '../http/request/ip-address.js';

/** What is looked at of a request; Fastify's and Express's both have it. */
export interface ForwardedRequest {
  /** Who sent it, as the HTTP server sees it behind the proxies that it trusts. */
  ip?: string;
  headers: Record<string, string | string[] | undefined>;
  socket?: { remoteAddress?: string };
}

/** So many clients behind one address are no accident. */
const ENOUGH = 3;

/**
 * Notices a proxy that is not among the trusted ones. All of its clients are one client to us then: they share its
 * limits, so that a few of them use up the sign-ins of all.
 */
export class ProxyCheck {
  private readonly clients = new Set<string>();
  private told = false;

  /** @param warn - Is told once. */
  constructor(private readonly warn: (line: string) => void) {}

  notice({ ip, headers, socket }: ForwardedRequest): void {
    const forwarded = headers['x-forwarded-for'];
    // Behind a trusted proxy the address is not the one that the connection comes from.
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
