import fc from 'fast-check';
import { canonicalIpAddress, parseIpAddress } from './ip-address.js';
import { clientNetwork, shortenedNetwork, siteNetwork } from './ip-network.js';

describe('a client', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001::1:2:3:4:5', '2001:0:0:1::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.7', '1:2:3:4::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('at %s is %s', (ip, network) => {
    expect(clientNetwork(ip)).toBe(network);
  });

  it.each([undefined, '', 'unknown', '192.0.2.7:4711', '192.0.2.256', '_hidden'])(
    'at %j is one with all others that have no address',
    (ip) => {
      expect(clientNetwork(ip)).toBe('unknown');
    },
  );
});

describe('the site of a client', () => {
  it.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8:1:ffff::', '2001:db8:1::/48'],
    ['2001:db8:2::1', '2001:db8:2::/48'],
    ['2001:db8::1', '2001:db8:0::/48'],
    // 6to4: each IPv4 address has a /48.
    ['2002:c000:207:9::1', '2002:c000:207::/48'],
    ['fe80::1%eth0', 'fe80:0:0::/48'],
  ])('at %s is %s', (ip, network) => {
    expect(siteNetwork(ip)).toBe(network);
  });

  it.each([undefined, null, '', 'unknown', '192.0.2.7', '::ffff:192.0.2.7'])('at %j is none', (ip) => {
    expect(siteNetwork(ip)).toBeUndefined();
  });
});

/** An IPv6 address as eight numbers. */
const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
const isMapped = (numbers: number[]) => numbers.slice(0, 5).every((n) => n === 0) && numbers[5] === 0xffff;

/** Ways to write an address: zeros in front, cases, "::" for a run of zeros, an IPv4 tail, a zone, brackets, a port. */
function spellingsOf(numbers: number[]): string[] {
  const hex = numbers.map((n) => n.toString(16));
  const plain = hex.join(':');
  const bytes = numbers.slice(6).flatMap((n) => [n >> 8, n & 255]);
  const shortened: string[] = [];
  for (let from = 0; from < 8; from++)
    for (let to = from + 1; to <= 8 && numbers[to - 1] === 0; to++)
      shortened.push(`${hex.slice(0, from).join(':')}::${hex.slice(to).join(':')}`);
  return [
    ...[plain, plain.toUpperCase(), ...shortened, `${plain}%eth0`, `[${plain}]`, `[${plain}]:443`],
    hex.map((group) => group.padStart(4, '0')).join(':'),
    `${hex.slice(0, 6).join(':')}:${bytes.join('.')}`,
  ];
}

describe('an IPv6 address', () => {
  it('is one client of one site in all of its spellings', () => {
    fc.assert(
      fc.property(
        fc.oneof(groups, fc.array(fc.constantFrom(0, 1, 0xffff), { minLength: 8, maxLength: 8 })),
        (numbers) => {
          const known = spellingsOf(numbers).map(parseIpAddress);
          expect(known).not.toContain(null);
          expect(new Set(known.map(clientNetwork)).size).toBe(1);
          expect(new Set(known.map(siteNetwork)).size).toBe(1);
        },
      ),
    );
  });

  it('shares client and site with just those of the same 64 and 48 bits', () => {
    fc.assert(
      fc.property(groups, groups, fc.nat(8), (a, other, shared) => {
        const b = [...a.slice(0, shared), ...other.slice(shared)];
        fc.pre(!isMapped(a) && !isMapped(b));
        const [one, two] = [a, b].map((numbers) => parseIpAddress(spellingsOf(numbers)[0]));
        const same = (count: number) => a.slice(0, count).join() === b.slice(0, count).join();
        expect(clientNetwork(one) === clientNetwork(two)).toBe(same(4));
        expect(siteNetwork(one) === siteNetwork(two)).toBe(same(3));
      }),
    );
  });

  it('is an IPv4 client if it maps an address of one', () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        const [a, b, c, d] = ip.split('.').map(Number);
        const numbers = [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d];
        for (const spelling of spellingsOf(numbers)) {
          expect(clientNetwork(parseIpAddress(spelling))).toBe(ip);
          expect(siteNetwork(parseIpAddress(spelling))).toBeUndefined();
        }
      }),
    );
  });
});

describe('an address that is shortened', () => {
  it.each([
    ['192.0.2.17', '192.0.2.17', '192.0.2.0/24'],
    ['2001:DB8:1:2:0:0:0:3', '2001:db8:1:2::3', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8::1', '2001:db8::/48'],
    ['2001::2:3:4:5:6:7', '2001:0:2:3:4:5:6:7', '2001:0:2::/48'],
    ['fe80::1%eth0', 'fe80::1', 'fe80::/48'],
    ['::1', '::1', '::/48'],
    ['::ffff:192.0.2.17', '::ffff:192.0.2.17', '::/48'],
  ])('%s is written %s and becomes %s', (given, canonical, network) => {
    expect(canonicalIpAddress(given)).toBe(canonical);
    expect(shortenedNetwork(canonical)).toBe(network);
  });

  it.each(['', 'unknown', '192.0.2', '192.0.2.017', '1.2.3.4:80', '[::1]'])('is not "%s"', (given) => {
    expect(canonicalIpAddress(given)).toBeNull();
  });
});
