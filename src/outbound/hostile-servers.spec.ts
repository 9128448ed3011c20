import { execFileSync } from 'node:child_process';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { outboundFetch, type OutboundOptions } from './outbound-fetch.js';
import { OutboundError } from './outbound.errors.js';

describe('a request to a server that means harm', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];

  /** A server that says what it wants, once it was asked. */
  async function serveRaw(answer: (socket: Socket) => void): Promise<string> {
    const server = createServer((socket) => {
      sockets.push(socket.on('error', () => undefined));
      socket.once('data', () => answer(socket));
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const failure = (url: string, options: OutboundOptions) =>
    outboundFetch({ allowLoopback: true, ...options })(url).then(
      (response) => `answered with ${response.status}`,
      (error: unknown) => {
        expect(error).toBeInstanceOf(OutboundError);
        return (error as OutboundError).reason;
      },
    );

  afterAll(() => {
    for (const server of servers) server.close();
    for (const socket of sockets) socket.destroy();
  });

  it.each([
    ['of interim responses', 'HTTP/1.1 103 Early Hints\r\n\r\n', '', 'unreachable'],
    ['of headers', 'x: y\r\n', 'HTTP/1.1 200 OK\r\n', 'unreachable'],
    ['of trailers', 'x: y\r\n', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n', 'unreachable'],
    ['of a chunk header', 'x', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;', 'unreachable'],
    ['of what is no HTTP', 'x'.repeat(1_000), '', 'unreachable'],
  ])('ends a flood %s', async (_, flood, start, reason) => {
    const base = await serveRaw((socket) => {
      const more = () => {
        while (socket.write(flood.repeat(500)));
      };
      socket.on('drain', more).write(start);
      more();
    });
    // Long before the time limit.
    expect(await failure(base, { timeoutMs: 60_000 })).toBe(reason);
  });

  it.each([
    ['101', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n', 'unreachable'],
    ['101 without its headers', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'unreachable'],
    ['100 and nothing else', 'HTTP/1.1 100 Continue\r\n\r\n', 'timeout'],
    ['half a status', 'HTTP/1.1 2', 'timeout'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'unreachable'],
  ])('ends where a server answers %s', async (_, answer, reason) => {
    const base = await serveRaw((socket) => void socket.write(answer));
    for (const statusOnly of [true, false])
      expect(await failure(base, { timeoutMs: 300, statusOnly })).toBe(reason);
  });

  it('believes no certificate that nobody vouches for, also where Node is told to', async () => {
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'];
    const pem = execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', '-', '-out', '-', ...names],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let requests = 0;
    const server = createTlsServer({ key: pem, cert: pem }, (_, response) => {
      requests++;
      response.end();
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { NODE_TLS_REJECT_UNAUTHORIZED } = process.env;
    try {
      for (const value of ['0', '1']) {
        process.env.NODE_TLS_REJECT_UNAUTHORIZED = value;
        expect(await failure(url, { timeoutMs: 10_000 })).toBe('unreachable');
      }
    } finally {
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = NODE_TLS_REJECT_UNAUTHORIZED ?? '1';
    }
    expect(requests).toBe(0);
  });
});
