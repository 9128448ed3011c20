import { ProxyCheck } from './proxy-check.js';

describe('a proxy that is not trusted', () => {
  const warnings = (requests: { ip: string; from?: string; client?: string }[]) => {
    const lines: string[] = [];
    const check = new ProxyCheck((line) => lines.push(line));
    for (const { ip, from = ip, client } of requests)
      check.notice({ ip, headers: { 'x-forwarded-for': client }, socket: { remoteAddress: from } });
    return lines;
  };
  const clients = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5'];

  it('is told of once, by its address', () => {
    const lines = warnings(clients.map((client) => ({ ip: '10.0.0.5', client })));
    expect(lines).toEqual([expect.stringMatching(/^Requests from 10\.0\.0\.5 .* TRUSTED_PROXIES/)]);
  });

  it.each([
    ['a proxy that is trusted', clients.map((ip) => ({ ip, from: '10.0.0.5', client: ip }))],
    [
      'private clients of a trusted proxy',
      clients.map((_, i) => ({ ip: `10.1.0.${i}`, from: '10.0.0.5', client: `10.1.0.${i}` })),
    ],
    ['clients that say what they like', clients.map((client) => ({ ip: '198.51.100.1', client }))],
    ['one client on this machine', clients.map(() => ({ ip: '127.0.0.1', client: '192.0.2.1' }))],
    ['clients without a proxy', clients.map((ip) => ({ ip }))],
    ['several clients of a private network', clients.map((_, i) => ({ ip: `10.0.0.${i}` }))],
  ])('is not suspected in %s', (_, requests) => {
    expect(warnings(requests)).toEqual([]);
  });
});
