import { BlockList, isIP } from 'node:net';
import { canonicalIpAddress } from '../http/request/ip-address.js';

/** IPv4 networks that are not public: IANA's special-purpose registry (RFC 6890), multicast and reserved addresses. */
const INNER_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Azure's host services, such as its metadata: the network is public, but the address answers from the host only.
  '168.63.129.16/32',
];

/** Networks within {@link GLOBAL_IPV6} that are not public: protocol assignments (with Teredo), documentation, 6to4. */
const INNER_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

/** All global unicast addresses (RFC 4291, 2.4). Everything else is local, multicast, mapped or not assigned. */
const GLOBAL_IPV6 = networkList(['2000::/3']);

/** Prefix of IPv4 addresses behind a NAT64 (RFC 6052, 2.1). The address is public if the one inside is. */
const NAT64 = networkList(['64:ff9b::/96']);

const INNER = networkList([...INNER_IPV4, ...INNER_IPV6]);
const LOOPBACK = networkList(['127.0.0.0/8', '::1/128']);

/** Networks, to look addresses up in. */
export type Networks = Pick<BlockList, 'check'>;

/**
 * Reads a list of networks.
 *
 * @param networks - IP addresses and CIDR ranges. See {@link isNetwork}.
 */
export function networkList(networks: readonly string[]): Networks {
  const list = new BlockList();
  for (const network of networks) {
    const [address, prefix] = network.split('/', 2);
    const version = isIP(address);
    list.addSubnet(address, Number(prefix ?? (version === 4 ? 32 : 128)), version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** Returns whether text is an IP address or a CIDR range, such as `10.1.0.0/16`. */
export function isNetwork(text: string): boolean {
  const [, address, prefix = '0'] = /^([^/%]+?)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = address === undefined ? 0 : isIP(address);
  return version !== 0 && Number(prefix) <= (version === 4 ? 32 : 128);
}

/** Returns whether an address is in one of the networks. An IPv4-mapped address counts as IPv4. */
export function isWithin(networks: Networks, address: string): boolean {
  return networks.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** Returns the IP address that is the host of a URL; `null` if the host is a name. */
export function addressIn({ hostname }: URL): string | null {
  // A URL has every spelling of an address, such as 0x7f.1, as a plain one; IPv6 in brackets.
  const literal = hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(literal) === 0 ? null : literal;
}

/** Returns whether an IP address is a loopback address. */
export function isLoopbackAddress(address: string): boolean {
  return isWithin(LOOPBACK, address);
}

/**
 * Returns whether an IP address belongs to the public internet, so that a connection to it reaches nothing that is only
 * reachable from inside: neither this machine, nor its network, nor the metadata service of a cloud.
 */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !isWithin(INNER, address);
    case 6:
      if (isWithin(NAT64, address)) return isPublicAddress(lastIpv4(address));
      return isWithin(GLOBAL_IPV6, address) && !isWithin(INNER, address);
    default:
      return false;
  }
}

/** Returns the last 32 bits of an IPv6 address as IPv4. */
function lastIpv4(address: string): string {
  const canonical = canonicalIpAddress(address) ?? '';
  const [, tail] = /:(\d+\.\d+\.\d+\.\d+)$/.exec(canonical) ?? [];
  if (tail) return tail;
  // Two groups of 16 bits. In the canonical spelling, zeros may be left out: `64:ff9b::` and `64:ff9b::1`.
  const groups = canonical.replace(/^64:ff9b:+/, '').split(':');
  const [high, low] = ['0', '0', ...groups].slice(-2).map((group) => Number.parseInt(group || '0', 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
