import { isIP } from 'node:net';
import { canonicalIpAddress, withoutMapping } from './ip-address.js';

/**
 * Returns the network that counts as one client: an IPv4 address, or the /64 of an IPv6 address, the smallest network
 * that a customer gets (RFC 6177). All invalid addresses count as one client.
 */
export function clientNetwork(ip: string | null | undefined): string {
  const address = withoutMapping(ip ?? '');
  const version = isIP(address);
  if (version === 0) return 'unknown';
  return version === 4 ? address : `${leadingGroups(address, 4)}::/64`;
}

/**
 * Returns the /48 of an IPv6 address, usually the largest network that a site gets (RFC 6177): 65,536 clients as
 * defined by {@link clientNetwork}. `undefined` for anything else.
 */
export function siteNetwork(ip: string | null | undefined): string | undefined {
  const address = withoutMapping(ip ?? '');
  return isIP(address) === 6 ? `${leadingGroups(address, 3)}::/48` : undefined;
}

/**
 * Returns the network that remains of a shortened IP address, as Postgres writes it: /24 for IPv4, /48 for IPv6,
 * roughly what a provider assigns to a neighborhood and to one customer.
 *
 * @param address - In canonical spelling. An IPv4-mapped one is an IPv6 address, as it is to Postgres.
 */
export function shortenedNetwork(address: string): string {
  if (isIP(address) === 4) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  return `${canonicalIpAddress(`${leadingGroups(address, 3)}::`)}/48`;
}

/** Returns the first groups of an IPv6 address, at most six, joined by colons. */
function leadingGroups(address: string, count: number): string {
  // The parts before and after "::". A zone (%eth0) and an IPv4 tail only occur in the second half of an address.
  const [head, tail] = address.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = tail ? Math.max(0, 8 - head.length - widthOf(tail)) : 0;
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...(tail ?? [])];
  return groups
    .slice(0, count)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

/** Returns the width in groups of 16 bits. */
function widthOf(groups: string[]): number {
  return groups.at(-1)?.includes('.') ? groups.length + 1 : groups.length;
}
