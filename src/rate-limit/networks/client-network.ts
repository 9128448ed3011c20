import { isIP } from 'node:net';

/**
 * What counts as one client: an IPv4 address, or the /64 network of an IPv6 address, since that is the least that a
 * single customer gets (RFC 6177). What is no address counts as one client together.
 */
export function clientNetwork(ip: string | null | undefined): string {
  const address = withoutMapping(ip);
  const version = isIP(address);
  if (version === 0) return 'unknown';
  return version === 4 ? address : prefixOf(address, 64);
}

/**
 * The /48 network of an IPv6 address, which is the most that a single site usually gets (RFC 6177): 65,536 clients in the
 * sense of {@link clientNetwork}. `undefined` for anything else.
 */
export function siteNetwork(ip: string | null | undefined): string | undefined {
  const address = withoutMapping(ip);
  return isIP(address) === 6 ? prefixOf(address, 48) : undefined;
}

/** A socket that listens on IPv6 shows IPv4 clients as ::ffff:192.0.2.1. */
function withoutMapping(ip: string | null | undefined): string {
  return ip?.replace(/^::ffff:(?=\d+\.)/i, '') ?? '';
}

function prefixOf(address: string, bits: 48 | 64): string {
  // The part before "::" and the one after it; a zone (%eth0) and an IPv4 tail are in the second half of an address.
  const [head, tail] = address.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = tail ? Math.max(0, 8 - head.length - widthOf(tail)) : 0;
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...(tail ?? [])];
  const network = groups.slice(0, bits / 16).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/${bits}`;
}

/** In groups of 16 bits. */
function widthOf(groups: string[]): number {
  return groups.at(-1)?.includes('.') ? groups.length + 1 : groups.length;
}

/** Whether an address is of a private network or of this machine: a proxy's rather than a client's. */
export function isPrivate(address: string): boolean {
  return /^(10|127|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.|^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i.test(
    address.replace(/^::ffff:(?=\d+\.)/i, ''),
  );
}
