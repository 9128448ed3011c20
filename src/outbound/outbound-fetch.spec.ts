import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { OutboundError } from './outbound.errors.js';
import { networkList } from './inner-networks.js';
import type { LookUp } from './look-up.js';
import { outboundFetch, type OutboundOptions } from './outbound-fetch.js';

describe('a request to a foreign server', () => {
  const servers: Server[] = [];
  /** Requests that arrived at a server. */
  const arrived: IncomingMessage[] = [];

  async function serve(answer: RequestListener): Promise<string> {
    const server = createServer((request, response) => {
      arrived.push(request);
      answer(request, response);
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  beforeEach(() => arrived.splice(0));
  afterAll(() => servers.forEach((server) => server.close().closeAllConnections()));

  const failure = (url: string, options: OutboundOptions = {}) =>
    outboundFetch(options)(url).then(
      (response) => `answered with ${response.status}`,
      (error: unknown) => {
        expect(error).toBeInstanceOf(OutboundError);
        return (error as OutboundError).reason;
      },
    );
  const to =
    (...addresses: string[]): LookUp =>
    () =>
      Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

  it('sends method, headers and a form, and returns the response', async () => {
    const bodies: string[] = [];
    const base = await serve((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
      request.on('end', () => response.writeHead(201, { 'X-Kind': 'test' }).end('{"a":1}'));
    });
    const response = await outboundFetch({ allowLoopback: true })(`${base}/path?q=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ code: 'x y' }),
    });
    expect([response.status, response.headers.get('x-kind'), await response.json()]).toEqual([
      201,
      'test',
      { a: 1 },
    ]);
    expect([arrived[0].method, arrived[0].url, bodies.join('')]).toEqual(['POST', '/path?q=1', 'code=x+y']);
  });

  it.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://0/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'https://[64:ff9b::10.0.0.1]/',
    'https://192.168.0.1./',
  ])('refuses the address in %s', async (url) => {
    expect(await failure(url)).toBe('not_public');
  });

  it('refuses a name if one of its addresses is off limits', async () => {
    expect(await failure('https://example.test/', { lookUp: to('10.0.0.1') })).toBe('not_public');
    expect(await failure('https://example.test/', { lookUp: to('1.1.1.1', '::1') })).toBe('not_public');
    expect(await failure('https://localhost/')).toBe('not_public');
  });

  it('looks a name up once: it cannot lead elsewhere after the check', async () => {
    const base = await serve((_, response) => response.end('{}'));
    const answers = [to('127.0.0.1'), to('10.0.0.1')];
    let count = 0;
    const lookUp: LookUp = (name) => answers[count++](name);
    const url = `http://rebinding.test:${new URL(base).port}/`;
    expect(await failure(url, { lookUp, allowLoopback: true })).toBe('answered with 200');
    expect([count, arrived[0].headers.host]).toEqual([1, new URL(url).host]);
  });

  it('takes networks that the operator allows, with TLS only', async () => {
    const base = await serve((_, response) => response.end('{}'));
    const allowed = networkList(['127.0.0.0/8']);
    expect(await failure(base.replace('http:', 'https:'), { allowed })).toBe('unreachable');
    expect(await failure(base, { allowed })).toBe('insecure');
    expect(await failure('https://10.0.0.1/', { allowed })).toBe('not_public');
    expect(arrived).toEqual([]);
  });

  it('takes plain HTTP from this machine only, and only outside production', async () => {
    const base = await serve((_, response) => response.end('{}'));
    expect(await failure(base)).toBe('insecure');
    expect(await failure('http://example.test/', { lookUp: to('1.1.1.1'), allowLoopback: true })).toBe(
      'insecure',
    );
    expect(await failure(base.replace('//', '//user:secret@'), { allowLoopback: true })).toBe('insecure');
    expect(await failure('ftp://127.0.0.1/', { allowLoopback: true })).toBe('insecure');
    expect(arrived).toEqual([]);
  });

  it('follows no redirect', async () => {
    const target = await serve((_, response) => response.end('secret'));
    const base = await serve((_, response) => response.writeHead(302, { Location: target }).end());
    expect(await failure(base, { allowLoopback: true })).toBe('redirected');
    expect(arrived).toHaveLength(1);
  });

  it('reads no more than the limit', async () => {
    const base = await serve((request, response) => {
      const half = Buffer.alloc(32 * 1024);
      response.write(half);
      if (request.url === '/more') response.write('x');
      response.end(half);
    });
    expect(await failure(base, { allowLoopback: true })).toBe('answered with 200');
    expect(await failure(`${base}/more`, { allowLoopback: true })).toBe('too_large');
  });

  it('reads no more than the limit, and takes it for no failure, where only the status matters', async () => {
    const taken: number[] = [];
    const bodies: Record<string, (response: ServerResponse) => void> = {
      short: (response) => void response.end('ok'),
      endless: (response) => {
        const more = () => {
          while (response.write(Buffer.alloc(64 * 1024)));
        };
        response.on('drain', more);
        more();
      },
      slow: (response) => void response.write('x'),
      broken: (response) => void response.write('x', () => response.destroy()),
    };
    const base = await serve((request, response) => {
      response.on('close', () => taken.push(request.socket.bytesWritten));
      response.writeHead(Number(request.url?.split('/')[2]), { 'X-Kind': 'test' });
      bodies[request.url!.split('/')[1]](response);
    });
    const fetch = outboundFetch({ allowLoopback: true, statusOnly: true, maxBytes: 1_024, timeoutMs: 2_000 });
    for (const kind of Object.keys(bodies))
      for (const status of [200, 429]) {
        const response = await fetch(`${base}/${kind}/${status}`);
        expect([kind, response.status, response.headers.get('x-kind'), await response.text()]).toEqual([
          ...[kind, status, 'test', ''],
        ]);
      }
    expect(await failure(`${base}/short/302`, { allowLoopback: true, statusOnly: true })).toBe('redirected');
    // What was under way: no more than the buffers of both sides hold.
    expect(Math.max(...taken)).toBeLessThan(16 * 1024 * 1024);
  });

  it('ends after the time limit, wherever it is', async () => {
    const silent = await serve(() => undefined);
    const slow = await serve((_, response) => {
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    });
    const limits = { timeoutMs: 200, allowLoopback: true };
    expect(await failure(silent, limits)).toBe('timeout');
    expect(await failure(slow, limits)).toBe('timeout');
    const lookUp = () => new Promise<never>(() => undefined);
    expect(await failure('https://slow.test/', { timeoutMs: 200, lookUp })).toBe('timeout');
  });

  it('says nothing about addresses when it fails', async () => {
    const base = await serve((_, response) => response.end());
    servers.at(-1)?.close();
    const { port } = new URL(base);
    const error = await outboundFetch({ allowLoopback: true, lookUp: to('127.0.0.1') })(
      `http://inner.test:${port}/?code=abc`,
    ).catch((refused: unknown) => refused);
    expect(error).toMatchObject({ reason: 'unreachable', code: 'ECONNREFUSED' });
    expect(error).not.toHaveProperty('cause');
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toMatch(/127\.0|inner|code=/);
  });

  it('reports a name that does not exist', async () => {
    const lookUp = () =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND x'), { code: 'ENOTFOUND' }));
    expect(await failure('https://nowhere.test/', { lookUp })).toBe('unreachable');
    expect(await failure('https://nowhere.test/', { lookUp: to() })).toBe('unreachable');
  });

  it.each([204, 304])('has no body with status %i', async (status) => {
    const base = await serve((_, response) => response.writeHead(status).end());
    expect(await failure(base, { allowLoopback: true })).toBe(
      status === 304 ? 'redirected' : 'answered with 204',
    );
  });
});
