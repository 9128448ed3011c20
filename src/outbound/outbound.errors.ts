/**
 * Reason why a request to a foreign server failed. `not_public`: its address is inside a network that is off limits.
 * `insecure`: its URL is not https. `redirected`: the server redirects, which is never followed. `too_large`: the response
 * is larger than the limit. `timeout`: it took too long. `unreachable`: no connection, a TLS error, or no HTTP.
 */
export type OutboundFailure =
  'insecure' | 'not_public' | 'redirected' | 'timeout' | 'too_large' | 'unreachable';

/**
 * A request to a foreign server failed. For logs: the message names neither addresses nor the URL, which may contain
 * secrets, and clients get neither.
 */
export class OutboundError extends Error {
  /**
   * @param reason - In one word.
   * @param code - Code of the system or of TLS, such as `ENOTFOUND` or `CERT_HAS_EXPIRED`. Default none.
   * @param status - HTTP status of the response. Default: there was none.
   */
  constructor(
    readonly reason: OutboundFailure,
    readonly code?: string,
    readonly status?: number,
  ) {
    super(`The server did not answer as expected: ${reason}${code ? ` (${code})` : ''}`);
    this.name = 'OutboundError';
  }
}
