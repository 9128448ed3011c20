import { clientNetwork, isPrivate } from './client-network.js';

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

describe('a private address', () => {
  it.each([
    ['10.0.0.1', true],
    ['172.16.0.1', true],
    ['172.31.255.255', true],
    ['192.168.1.1', true],
    ['127.0.0.1', true],
    ['::ffff:10.0.0.1', true],
    ['::1', true],
    ['fd12:3456::1', true],
    ['fe80::1', true],
    ['172.15.0.1', false],
    ['172.32.0.1', false],
    ['100.1.1.1', false],
    ['192.0.2.7', false],
    ['2001:db8::1', false],
    ['::ffff:192.0.2.7', false],
  ])('is what %s is: %s', (address, expected) => {
    expect(isPrivate(address)).toBe(expected);
  });
});
