import { isIP, SocketAddress } from 'node:net';

/** Maximum length of an IP address with zone, quotes and port. */
const MAX_LENGTH = 100;

/**
 * Parses an IP address as proxies write it: alone, with a port (`192.0.2.1:4711`, `[2001:db8::1]:443`), in quotes (RFC
 * 7239), or with an IPv6 zone, which is only meaningful on one machine.
 *
 * @returns its canonical spelling (RFC 5952), an IPv4-mapped one as IPv4; `null` if it is not an IP address, such as
 *   `unknown` or the `_hidden` of RFC 7239.
 */
export function parseIpAddress(text: string | null | undefined): string | null {
  if (!text || text.length > MAX_LENGTH) return null;
  // Most addresses are plain IPv4, and this runs several times per request.
  if (isIP(text) === 4) return text;
  const bare = text.trim().replace(/^"(.*)"$/, '$1');
  const [, inBrackets, beforePort] = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(bare) ?? [];
  const address = canonicalIpAddress((inBrackets ?? beforePort ?? bare).replace(/%.*$/, ''));
  return address && withoutMapping(address);
}

/** Converts an IPv4-mapped address: an IPv6 socket shows IPv4 clients as ::ffff:192.0.2.1. */
export function withoutMapping(ip: string): string {
  return ip.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** Returns the canonical spelling of an IP address (RFC 5952), without an IPv6 zone; `null` if it is invalid. */
export function canonicalIpAddress(address: string): string | null {
  switch (isIP(address)) {
    case 4:
      return address;
    case 6:
      return new SocketAddress({ address, family: 'ipv6' }).address;
    default:
      return null;
  }
}

/** Returns whether an IP address is private or local: that of a proxy rather than a client. */
export function isPrivate(address: string): boolean {
  return /^(10|127|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.|^(::1$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i.test(
    withoutMapping(address),
  );
}

/** Returns whether an IP address, in the spelling of {@link parseIpAddress}, is a loopback address. */
export function isLoopback(address: string | null): boolean {
  return address !== null && /^(127\.|::1$)/.test(address);
}

/** Returns whether the host of a URL is this machine regardless of DNS: `localhost` or a loopback address. */
export function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || isLoopback(parseIpAddress(hostname));
}
