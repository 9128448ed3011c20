import { hash } from 'node:crypto';
import { isIP, isIPv4, SocketAddress } from 'node:net';

/** Returns the canonical spelling of an IP address (RFC 5952), without an IPv6 zone; `null` if it is invalid. */
export function canonicalAddress(address: string): string | null {
  switch (isIP(address)) {
    case 4:
      return address;
    case 6:
      return new SocketAddress({ address, family: 'ipv6' }).address;
    default:
      return null;
  }
}

/**
 * Returns the network that remains of a shortened IP address: /24 for IPv4, /48 for IPv6, roughly what a provider
 * assigns to a neighborhood and to one customer.
 *
 * @param address - In canonical spelling.
 */
export function networkOf(address: string): string {
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  const [head, tail] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const groups = tail ? [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail] : head;
  return `${canonicalAddress(`${groups.slice(0, 3).join(':')}::`)}/48`;
}

/**
 * Returns a salted digest of an IP address. Without a salt, the few possible addresses could be guessed.
 *
 * @param address - In canonical spelling.
 * @param salt - 16 random bytes, deleted when the address is shortened.
 */
export function digestAddress(address: string, salt: Buffer): Buffer {
  return hash('sha256', JSON.stringify(['astra audit address 1', salt.toString('hex'), address]), 'buffer');
}
