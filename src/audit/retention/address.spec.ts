import { canonicalAddress, digestAddress, networkOf } from './address.js';

describe('an address', () => {
  it.each([
    ['192.0.2.17', '192.0.2.17', '192.0.2.0/24'],
    ['2001:DB8:1:2:0:0:0:3', '2001:db8:1:2::3', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8::1', '2001:db8::/48'],
    ['2001::2:3:4:5:6:7', '2001:0:2:3:4:5:6:7', '2001:0:2::/48'],
    ['fe80::1%eth0', 'fe80::1', 'fe80::/48'],
    ['::1', '::1', '::/48'],
    ['::ffff:192.0.2.17', '::ffff:192.0.2.17', '::/48'],
  ])('%s is written %s and shortened to %s', (given, canonical, network) => {
    expect(canonicalAddress(given)).toBe(canonical);
    expect(networkOf(canonical)).toBe(network);
  });

  it.each(['', 'unknown', '192.0.2', '192.0.2.017', '1.2.3.4:80', '[::1]'])('is not "%s"', (given) => {
    expect(canonicalAddress(given)).toBeNull();
  });

  it('has another digest with another salt', () => {
    const digests = [1, 2].map((fill) => digestAddress('192.0.2.17', Buffer.alloc(16, fill)).toString('hex'));
    expect(new Set(digests).size).toBe(2);
  });
});
