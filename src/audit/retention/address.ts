import { hash } from 'node:crypto';
import { isIP, isIPv4, SocketAddress } from 'node:net';

/** One spelling for each address (RFC 5952), without an IPv6 zone; `null` if it is none. */
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
 * The network that stays of an address when it is shortened: /24 of IPv4, /48 of IPv6, which are about what a
 * provider gives to a neighbourhood and to one customer.
 *
 * @param address - In its canonical spelling.
 */
export function networkOf(address: string): string {
  if (isIPv4(address)) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  const [head, tail] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const groups = tail ? [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail] : head;
  return `${canonicalAddress(`${groups.slice(0, 3).join(':')}::`)}/48`;
}

/**
 * Commits to an address without telling it: there are so few that the hash of one alone is soon guessed.
 *
 * @param address - In its canonical spelling.
 * @param salt - 16 random bytes, kept secret once the address is to be forgotten.
 */
export function digestAddress(address: string, salt: Buffer): Buffer {
  return hash('sha256', JSON.stringify(['astra audit address 1', salt.toString('hex'), address]), 'buffer');
}
