import { parseIpAddress } from './ip-address.js';
import { type AnyRequest, serverRequestIdOf } from './request-id.js';

/** From where a request came. */
export interface Client {
  /**
   * An IP address in its one spelling, as the HTTP server sees it behind the proxies that it trusts; `null` if what it
   * was told is no address.
   */
  readonly ip: string | null;
  /** As sent, cut to 400 characters; `null` if none was. */
  readonly userAgent: string | null;
  /**
   * The server's own id of the request, which the audit trail records. It is the `X-Request-Id` of the answer unless the
   * client sent that, so no client can choose it.
   */
  readonly requestId: string;
}

/** What tells of a request from where it came; Fastify's and Express's both have it. */
interface RequestOrigin {
  /** The client's address, as the proxies that the HTTP server trusts put it: possibly with a port, or none at all. */
  readonly ip?: string;
  /** The connection. */
  readonly socket?: { readonly remoteAddress?: string };
}

/** Finds out from where a request came. Nothing else reads `request.ip`, which may hold whatever a proxy passed on. */
export function clientOf(request: AnyRequest & RequestOrigin): Client {
  const { ip, headers } = request;
  return {
    ip: parseIpAddress(ip),
    userAgent: (headers['user-agent'] as string | undefined)?.slice(0, 400) ?? null,
    // Seldom asked for, so not made before.
    get requestId() {
      return serverRequestIdOf(request);
    },
  };
}

/**
 * The IP address that a request is counted for: the client's or, where a proxy does not name it, the proxy's own, so
 * that clients of one proxy do not use up what those of another have left. `null` if the connection is gone.
 */
export function countedAddress({ ip, socket }: RequestOrigin): string | null {
  return parseIpAddress(ip) ?? parseIpAddress(socket?.remoteAddress);
}
