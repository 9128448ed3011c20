import { readServerAddress, type ServerAddress } from '../../outbound/server-address.js';

/** Database server, one of several that hold the same data. */
export type DatabaseHost = ServerAddress;

/** Everything before the hosts, the hosts, and everything after them. A password may contain any number of "@". */
const PARTS = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/s;
const DEFAULT_PORT = 5432;

/**
 * Splits the URL of a database that may name several hosts, in the form of libpq (PostgreSQL manual, 34.1.1.2):
 * `postgres://user@one:5432,two:5433/name`. The driver accepts only one.
 *
 * @returns `url` with the first host, and all `hosts`, if there are several. Otherwise the URL as it is, and no hosts.
 * @throws {RangeError} if one of several hosts is not `host` or `host:port`.
 */
export function splitHosts(url: string): { url: string; hosts: readonly DatabaseHost[] } {
  const [, before, authority, after] = PARTS.exec(url) ?? [];
  if (!authority?.includes(',')) return { url, hosts: [] };
  const items = authority.split(',');
  return { url: before + items[0] + after, hosts: items.map(hostOf) };
}

/** Returns the URL with other credentials. */
export function withCredentials(
  url: string,
  { username, password = '' }: { username: string; password?: string },
): string {
  const credentials = `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
  return url.replace(PARTS, (_, before: string, hosts: string, after: string) => {
    return before.replace(/\/\/.*/s, `//${credentials}`) + hosts + after;
  });
}

/** Returns the hosts of a URL for display. */
export function placeOf(databaseUrl: string): string {
  const { url, hosts } = splitHosts(databaseUrl);
  return hosts.length > 0 ? hosts.map(nameOf).join(', ') : new URL(url).host;
}

/** Returns a host for display. */
export function nameOf({ host, port }: DatabaseHost): string {
  return `${host}:${port}`;
}

/** @throws {RangeError} if the text is not `host` or `host:port`. */
function hostOf(text: string): DatabaseHost {
  const host = readServerAddress(text, DEFAULT_PORT);
  if (!host) throw new RangeError('the hosts of a database must be host or host:port each');
  return host;
}
