import { isNetwork, isPublicAddress } from './inner-networks.js';

describe('a public address', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '64:ff9b::808:808',
    '64:ff9b::8.8.8.8',
  ])('is %s', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    ['this host', ['0.0.0.0', '0.1.2.3', '::']],
    ['loopback', ['127.0.0.1', '127.255.0.9', '::1']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fd00::1', 'fc00::1', 'fec0::1']],
    ['link-local', ['169.254.1.1', 'fe80::1', 'fe80::1%eth0', 'febf::1']],
    ['of a cloud', ['169.254.169.254', '168.63.129.16', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254']],
    ['shared by customers of a provider', ['100.64.0.1', '100.127.255.255']],
    [
      'for tests and documentation',
      ['192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
    ],
    ['for many', ['224.0.0.1', '239.1.1.1', '255.255.255.255', 'ff02::1']],
    ['not assigned', ['240.0.0.1', '4000::1', '5f00::1']],
    [
      'IPv4 inside IPv6',
      ['::ffff:10.0.0.1', '::ffff:7f00:1', '::ffff:8.8.8.8', '::127.0.0.1', '::ffff:0:10.0.0.1'],
    ],
    [
      'behind a NAT64',
      ['64:ff9b::a00:1', '64:ff9b::10.0.0.1', '64:ff9b::', '64:ff9b::7f00:1', '64:ff9b:1::1'],
    ],
    ['6to4 or Teredo', ['2002:a00:1::1', '2002:808:808::1', '2001:0:a00:1::', '192.88.99.1']],
    ['no address', ['', 'localhost', '1.1.1', '0x7f.1', '1.1.1.1/32']],
  ])('is none that is %s', (_, addresses) => {
    expect(addresses.filter(isPublicAddress)).toEqual([]);
  });
});

describe('a network', () => {
  it.each(['10.0.0.0/8', '10.1.2.3', '::1', 'fd00::/8', '0.0.0.0/0'])('is %s', (text) =>
    expect(isNetwork(text)).toBe(true),
  );

  it.each([
    '',
    '10.0.0.0/33',
    'fd00::/129',
    '10.0.0',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    'intranet',
    '/8',
    '10.0.0.0/-1',
    'fe80::1%eth0/64',
  ])('is not %j', (text) => expect(isNetwork(text)).toBe(false));
});
