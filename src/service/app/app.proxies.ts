import { BlockList, isIPv4 } from 'node:net';
import { parseIpAddress } from '../../http/request/ip-address.js';

/**
 * Returns a function for Fastify's `trustProxy`: whether to trust `X-Forwarded-For` from an address. Parses addresses
 * like the rest of the service, so that a proxy in the middle of a chain is recognized even with a port.
 *
 * @param networks - IP addresses and CIDR ranges.
 */
export function trustOf(networks: readonly string[]): (address: string | undefined) => boolean {
  const trusted = new BlockList();
  for (const network of networks) {
    const [address, bits] = network.split('/');
    if (bits === undefined) trusted.addAddress(address, kindOf(address));
    else trusted.addSubnet(address, Number(bits), kindOf(address));
  }
  return (address) => {
    const ip = parseIpAddress(address);
    return ip !== null && trusted.check(ip, kindOf(ip));
  };
}

function kindOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}
