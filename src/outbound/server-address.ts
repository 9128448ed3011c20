/** Address of a server, one of several in a URL. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Parses `host` or `host:port`; an IPv6 address is in brackets, which are not part of the result.
 *
 * @returns `undefined` if it is neither.
 */
export function readServerAddress(text: string, defaultPort: number): ServerAddress | undefined {
  // Any scheme without a port of its own, which the URL would leave out.
  const { hostname, port, pathname } = URL.parse(`server://${text}`) ?? {};
  if (!hostname || pathname) return undefined;
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port ? Number(port) : defaultPort };
}
