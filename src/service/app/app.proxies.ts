import { BlockList, isIPv4 } from 'node:net';
import { parseIpAddress } from '../../http/request/ip-address.js';

/**
 * Tells for Fastify's `trustProxy` whether what an address says in `X-Forwarded-For` is believed. It reads addresses as
 * the rest of the service does, so that a proxy in the middle of a chain is known by its port, too.
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
