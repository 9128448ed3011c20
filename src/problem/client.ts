import { type AnyRequest, requestIdOf } from './request-id.js';

/** From where a request came. */
export interface Client {
  /** As the HTTP server sees it, behind the proxies that it trusts; `null` if it does not know. */
  readonly ip: string | null;
  /** As sent, cut to 400 characters; `null` if none was. */
  readonly userAgent: string | null;
  /** Under which the request is logged. */
  readonly requestId: string;
}

/** Finds out from where a request came. */
export function clientOf(request: AnyRequest & { ip?: string }): Client {
  const { ip, headers } = request;
  return {
    // A socket that listens on IPv6 shows IPv4 clients as ::ffff:192.0.2.1.
    ip: ip?.replace(/^::ffff:(?=\d+\.)/i, '') ?? null,
    userAgent: (headers['user-agent'] as string | undefined)?.slice(0, 400) ?? null,
    requestId: requestIdOf(request),
  };
}
