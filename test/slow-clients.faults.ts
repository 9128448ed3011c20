import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceProcess } from './support/service-process.js';
import { TestDatabase } from './support/test-database.js';
import { ada } from './support/test-service.js';
import { inWords, keepAsking, Traffic, within } from './support/traffic.js';

const SOCKETS = 500;
/** In seconds: the time for a whole request, and some for a machine that is busy. */
const PATIENCE = 15 + 15;

let database: TestDatabase;
let service: ServiceProcess;
let url: string;
beforeAll(async () => {
  database = await TestDatabase.create();
  // A switch by which whoever starts Node could let requests be smuggled.
  service = ServiceProcess.prepare(database.connection, {
    HOST: '127.0.0.1',
    NODE_OPTIONS: '--insecure-http-parser',
  });
  url = await service.start();
});
afterAll(async () => {
  await service.kill();
  await database.drop();
});

/** Ways to keep a connection busy at no cost: what is sent at first, and what once a second after that. */
const slow: Record<string, [first: string, then: string]> = {
  'says nothing': ['', ''],
  'sends a request line letter by letter': ['GET /', 'x'],
  'sends one header field after the other': ['GET / HTTP/1.1\r\nHost: a\r\n', 'X: y\r\n'],
  'announces a body and sends none': [
    'POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n',
    '',
  ],
  'sends a body letter by letter': [
    'POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{',
    ' ',
  ],
};

/** A client that never closes its side. */
class SlowClient {
  received = '';
  closedAt: number | undefined;
  private readonly begun = performance.now();
  private readonly timer: NodeJS.Timeout;

  constructor(
    readonly manner: string,
    private readonly socket: Socket,
  ) {
    const [first, then] = slow[manner];
    socket.on('data', (data) => (this.received += data.toString()));
    // What is written to a closed connection comes back as an error.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.stop());
    socket.write(first);
    this.timer = setInterval(() => socket.write(socket.readableEnded ? 'x' : then), 1_000);
  }

  static async connect(manner: string): Promise<SlowClient> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    await once(socket, 'connect');
    return new SlowClient(manner, socket);
  }

  stop(): void {
    clearInterval(this.timer);
    this.closedAt ??= (performance.now() - this.begun) / 1_000;
    this.socket.destroy();
  }
}

it(`cuts off ${SOCKETS} slow clients in time, and serves others as ever`, async () => {
  const people = new Traffic(`${url}/api/v1`);
  const [visitor, newcomer] = ['ada', 'eve'].map((username) => ({ username, password: ada.password }));
  for (const person of [visitor, newcomer]) {
    const account = { ...person, email: `${person.username}@example.com` };
    expect(await people.ask('/auth/register', { body: account })).toMatchObject({ status: 201 });
  }
  const login = await people.ask('/auth/login', { body: visitor });
  const { access_token: token } = JSON.parse(login.body) as { access_token: string };

  const manners = Object.keys(slow);
  const clients = await Promise.all(
    Array.from({ length: SOCKETS }, (_, i) => SlowClient.connect(manners[i % manners.length])),
  );
  const stopVisits = keepAsking(20, () => people.ask('/users/me', { token }));
  const stopSignIns = keepAsking(2, () => people.ask('/auth/login', { body: newcomer }));
  const isOver = () => clients.every(({ closedAt }) => closedAt !== undefined);
  for (let second = 0; second < PATIENCE && !isOver(); second++) await sleep(1_000);
  const [visits, signIns] = await Promise.all([stopVisits(), stopSignIns()]);
  const left = clients.filter(({ closedAt }) => closedAt === undefined);
  for (const client of left) client.stop();
  people.stop();

  const ends = manners.map((manner) => {
    const times = clients.filter((client) => client.manner === manner).map(({ closedAt = 0 }) => closedAt);
    return `who ${manner} is gone after ${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)} s`;
  });
  console.log(
    [...ends, `GET /users/me: ${inWords(visits)}`, `POST /auth/login: ${inWords(signIns)}`].join('\n'),
  );
  expect(left).toHaveLength(0);
  for (const { received } of clients) expect(received).toMatch(/^HTTP\/1\.1 408 [^]*request-timeout/);
  expect(new Set([...visits, ...signIns].map(({ status }) => status))).toEqual(new Set([200]));
  expect(within(0.99, visits)).toBeLessThan(1_500);
}, 90_000);

it('takes no lenient HTTP, however Node was started', async () => {
  const socket = connect(Number(new URL(url).port), new URL(url).hostname);
  socket.write(
    'POST /api/v1/auth/login HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 /);
  socket.destroy();
});
