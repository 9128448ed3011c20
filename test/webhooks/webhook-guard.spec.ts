import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LookUp } from '../../src/outbound/look-up.js';
import { AuthSettings } from '../../src/settings/auth-settings.js';
import { webhookSettings } from '../../src/settings/webhooks/webhook-settings.js';
import { WebhookRequests } from '../../src/webhooks/deliveries/webhook-requests.js';
import { expectInvalid } from '../support/expect-problem.js';
import { TestService } from '../support/test-service.js';
import { WebhookAdmin } from '../support/webhook-admin.js';
import { RECEIVER_ADDRESS } from '../support/webhook-receiver.js';

let hooks: WebhookAdmin;
/** Server on this machine that is off limits. */
let inner: Server;
let innerRequests: number;
beforeAll(async () => {
  hooks = await WebhookAdmin.start();
  inner = createServer((_, response) => {
    innerRequests++;
    response.end('secret of the inner server');
  });
  await new Promise<void>((done) => inner.listen(0, '127.0.0.1', done));
});
beforeEach(async () => {
  innerRequests = 0;
  await hooks.clear();
  sendWith();
});
afterAll(async () => {
  inner.close();
  await hooks.stop();
});

const innerPort = () => (inner.address() as AddressInfo).port;
const query = (sql: string, ...parameters: unknown[]) => hooks.service.database.query<any>(sql, parameters);
const post = (body: object) => hooks.service.post('/admin/webhooks', body, hooks.token);
const patch = (id: string, body: object) => hooks.service.patch(`/admin/webhooks/${id}`, body, hooks.token);

/** Has the service send like this from now on. Default: as it does, but with two seconds for each try. */
function sendWith(
  options: { lookUp?: LookUp; timeoutMs?: number } = {},
  settings = hooks.service.app.get(AuthSettings, { strict: false }).webhooks,
): void {
  const requests = hooks.service.app.get(WebhookRequests, { strict: false });
  Object.assign(requests, new WebhookRequests(settings, { timeoutMs: 2_000, ...options }));
}

/** Sends a ping to a URL, which is not checked before. */
async function ping(url = hooks.receiver.url) {
  const { id } = await hooks.add();
  await query('UPDATE auth_webhooks SET url = $2 WHERE id = $1', id, url);
  await hooks.ping(id);
  return hooks.tried(id, 1);
}

/** Inner addresses, each range in each spelling that a URL can have. */
const spellings = [
  // This machine.
  ...[
    '127.0.0.1',
    '127.255.255.254',
    '2130706433',
    '0x7f.1',
    '0x7F000001',
    '0177.0.0.1',
    '127.1',
    '127.0.0.1.',
  ],
  ...[
    '%31%32%37.0.0.1',
    '１２７.０.０.１',
    '127。0。0。1',
    '0',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[0:0:0:0:0:0:0:1]',
  ],
  // The same, inside IPv6: mapped, compatible, NAT64, 6to4, Teredo.
  ...['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::127.0.0.1]', '[64:ff9b::7f00:1]'],
  ...['[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]', '[::ffff:0:127.0.0.1]'],
  // Networks of organizations, of carriers, and of one link; metadata of clouds.
  ...['10.0.0.1', '10.255.255.255', '0xa.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '3232235777'],
  ...['100.64.0.1', '100.127.255.255', '169.254.169.254', '0xa9fea9fe', '168.63.129.16', '[fe80::1]'],
  ...[
    '[fd00::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
    '[::ffff:10.0.0.1]',
    '[::ffff:169.254.169.254]',
    '[fec0::1]',
  ],
  // Protocols, documentation, benchmarks, multicast, reserved, broadcast, discarded.
  ...['192.0.0.1', '192.0.2.1', '192.88.99.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1'],
  ...[
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '[ff02::1]',
    '[2001:db8::1]',
    '[100::1]',
  ],
  ...['[3fff::1]', '[5f00::1]', '[4000::1]'],
];

describe('the URL of a webhook', () => {
  it('is no inner address, in whatever spelling, when it is added or changed', async () => {
    const { id } = await hooks.add();
    for (const host of spellings)
      for (const url of [`https://${host}/`, `https://${host}:8443/x?y`, `http://${host}`]) {
        const answers = [await post({ url, types: ['*'] }), await patch(id, { url })];
        for (const { status, body } of answers)
          expect([url, status, body.errors?.[0].code]).toEqual([url, 422, 'url_not_public']);
      }
    expect(await query('SELECT url FROM auth_webhooks')).toEqual([{ url: hooks.receiver.url }]);
  });

  it('needs https in production, and one of the ports', async () => {
    const webhooks = { allow: [RECEIVER_ADDRESS], ports: [hooks.receiver.port] };
    const auth = { webhooks, worker: false };
    const strict = await TestService.start({ on: hooks.service.database, webhooks: true, auth });
    try {
      const { id } = await hooks.add();
      const refuse = async (url: string, code: string) => {
        for (const answer of [
          await strict.post('/admin/webhooks', { url, types: ['*'] }, hooks.token),
          await strict.patch(`/admin/webhooks/${id}`, { url }, hooks.token),
        ])
          expectInvalid(answer, ['body.url', code]);
      };
      for (const url of ['http://hooks.example.com/', 'http://hooks.example.com:8443/', hooks.receiver.url])
        await refuse(url, 'url_scheme');
      for (const port of [1, 22, 80, 8080, hooks.receiver.port + 1, 65_535])
        await refuse(`https://hooks.example.com:${port}/`, 'url_port');
      for (const port of [443, 8443, hooks.receiver.port])
        expect((await patch(id, { url: `https://hooks.example.com:${port}/` })).status).toBe(200);
    } finally {
      await strict.stop();
    }
  });

  it('is judged again at each try, because settings change', async () => {
    const { port } = hooks.receiver;
    const allow = [RECEIVER_ADDRESS];
    for (const [options, last_error] of [
      [{ allow, ports: [port] }, 'url_scheme'],
      [{ allow, allowHttp: true }, 'url_port'],
      [{ ports: [port], allowHttp: true }, 'url_not_public'],
    ] as const) {
      sendWith({}, webhookSettings(options));
      expect(await ping()).toMatchObject({ status: 'pending', last_status: null, last_error });
    }
    expect(hooks.receiver.received).toEqual([]);
  });
});

describe('a name in the URL of a webhook', () => {
  const url = () => `http://hooks.example.com:${hooks.receiver.port}/astra`;
  const at = (...addresses: string[]) =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

  it('is looked up once for each try, and leads to an address that was checked', async () => {
    const answers = [
      at(RECEIVER_ADDRESS),
      at('127.0.0.1'),
      at(RECEIVER_ADDRESS, '127.0.0.1'),
      at('::ffff:127.0.0.1'),
    ];
    const asked: string[] = [];
    sendWith({ lookUp: (name) => Promise.resolve(answers[asked.push(name) - 1]) });
    expect(await ping(url())).toMatchObject({ status: 'delivered', last_status: 204 });
    for (let i = 1; i < answers.length; i++)
      expect(await ping(url())).toMatchObject({
        status: 'pending',
        last_status: null,
        last_error: 'not_public',
      });
    expect(asked).toEqual(Array(answers.length).fill('hooks.example.com'));
    expect(hooks.receiver.received.map(({ headers }) => headers.host)).toEqual([new URL(url()).host]);
  });

  it.each([
    [
      'does not exist',
      () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })),
      'unreachable',
    ],
    ['has no address', () => Promise.resolve([]), 'unreachable'],
    ['is never answered', () => new Promise<never>(() => undefined), 'timeout'],
  ])('fails if it %s', async (_, lookUp, last_error) => {
    sendWith({ lookUp });
    expect(await ping(url())).toMatchObject({ status: 'pending', last_status: null, last_error });
  });
});

describe('what an endpoint responds', () => {
  const flood = (response: ServerResponse, text: string) => {
    const socket = response.socket!;
    const more = () => {
      while (socket.write(text.repeat(500)));
    };
    socket.on('drain', more).on('error', () => undefined);
    more();
  };
  const endless = (response: ServerResponse, status: number) => {
    response.writeHead(status);
    const more = () => {
      while (response.write(Buffer.alloc(64 * 1024, 'secret of the endpoint ')));
    };
    response.on('drain', more);
    more();
  };
  const drip = (response: ServerResponse, start: string) => {
    const socket = response.socket!;
    socket.write(start);
    const timer = setInterval(() => socket.write('x'), 50);
    socket.on('close', () => clearInterval(timer)).on('error', () => undefined);
  };

  it.each<[string, (response: ServerResponse) => void, string, number | null, string | null]>([
    // 2xx is a success, whatever follows.
    ['2 KiB', (response) => void response.writeHead(200).end('x'.repeat(2_048)), 'delivered', 200, null],
    [
      '10 MB',
      (response) => void response.writeHead(201).end(Buffer.alloc(10_000_000)),
      'delivered',
      201,
      null,
    ],
    ['without end', (response) => endless(response, 200), 'delivered', 200, null],
    [
      'one byte at a time',
      (response) => drip(response, 'HTTP/1.1 202 Accepted\r\n\r\n'),
      'delivered',
      202,
      null,
    ],
    [
      'and breaks off',
      (response) => void response.writeHead(200).write('x', () => response.destroy()),
      'delivered',
      200,
      null,
    ],
    // Anything else is a failure.
    [
      '10 MB with 500',
      (response) => void response.writeHead(500).end(Buffer.alloc(10_000_000)),
      'pending',
      500,
      'status',
    ],
    ['without end, with 400', (response) => endless(response, 400), 'pending', 400, 'status'],
    [
      '302 to an inner server',
      (response) => void response.writeHead(302, { location: `http://127.0.0.1:${innerPort()}/` }).end(),
      'pending',
      302,
      'redirected',
    ],
    [
      '307 to itself',
      (response) => void response.writeHead(307, { location: '/' }).end(),
      'pending',
      307,
      'redirected',
    ],
    ['304', (response) => void response.writeHead(304).end(), 'pending', 304, 'redirected'],
    ['nothing', () => undefined, 'pending', null, 'timeout'],
    [
      'its headers one byte at a time',
      (response) => drip(response, 'HTTP/1.1 200 OK\r\nx: '),
      'pending',
      null,
      'timeout',
    ],
    [
      'headers without end',
      (response) => (response.socket!.write('HTTP/1.1 200 OK\r\n'), flood(response, 'x: y\r\n')),
      'pending',
      null,
      'unreachable',
    ],
    [
      'hints without end',
      (response) => flood(response, 'HTTP/1.1 103 Early Hints\r\n\r\n'),
      'pending',
      null,
      'unreachable',
    ],
    [
      'another protocol',
      (response) =>
        void response.socket!.write('HTTP/1.1 101 x\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      'pending',
      null,
      'unreachable',
    ],
    [
      'no HTTP',
      (response) => void response.socket!.write('220 smtp.example.com ESMTP\r\n'),
      'pending',
      null,
      'unreachable',
    ],
    ['by closing the connection', (response) => void response.destroy(), 'pending', null, 'unreachable'],
  ])('counts by its status alone: %s', async (_, respond, status, last_status, last_error) => {
    hooks.receiver.respond = respond;
    expect(await ping()).toMatchObject({ status, last_status, last_error });
    expect([hooks.receiver.received.length, innerRequests]).toEqual([1, 0]);
  });

  it('is not stored, nor shown to anybody', async () => {
    hooks.receiver.respond = (response) =>
      void response
        .writeHead(500, 'secret of the endpoint', { 'x-secret': 'secret of the endpoint' })
        .end('secret of the endpoint');
    const delivery = await ping();
    const tables = [
      'auth_webhooks',
      'auth_webhook_events',
      'auth_webhook_deliveries',
      'auth_audit_events',
      'astra_jobs.job',
    ];
    const rows = await Promise.all(tables.map((table) => query(`SELECT t::text FROM ${table} t`)));
    expect(JSON.stringify([delivery, rows])).not.toContain('secret of');
  });
});
