import { AddressInfo } from 'node:net';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { DevMailGuard } from '../src/mail/dev/dev-mail.guard.js';
import { AuthSettings } from '../src/settings/auth-settings.js';
import { expectProblem } from './support/expect-problem.js';
import { rawRequest } from './support/raw-request.js';
import { servedRoutes } from './support/served-routes.js';
import { TestService } from './support/test-service.js';

let service: TestService;
beforeAll(async () => {
  service = await TestService.start({
    trustedProxies: ['127.0.0.1'],
    auth: { publicUrl: 'https://accounts.example.com/x' },
  });
});
afterAll(() => service.stop());

/** Asks as a browser at this machine does that knows the service by some name. */
const askAs = (path: string, ...fields: string[]) =>
  rawRequest(
    service.origin,
    `GET ${path} HTTP/1.1\r\n${[...fields, 'Connection: close'].join('\r\n')}\r\n\r\n`,
  );

const port = () => (service.app.getHttpServer().address() as AddressInfo).port;

describe('the mailbox of development', () => {
  it.each([
    () => 'localhost',
    () => `localhost:${port()}`,
    () => 'LOCALHOST:1',
    () => '127.0.0.1:8000',
    () => '[::1]:8000',
    () => 'accounts.example.com',
  ])('opens for this machine by name %#', async (host) => {
    expect((await askAs('/dev/mail', `Host: ${host()}`)).status).toBe(200);
  });

  it.each([
    ...['attacker.example', 'localhost.attacker.example', '127.0.0.1.nip.io', 'x@attacker.example', ''],
    ...['localhost@attacker.example', '10.0.0.5:8000', '0.0.0.0:8000', 'example.com', '[fe80::1]'],
  ])('opens for no page whose name leads here: Host: %s', async (host) => {
    for (const path of ['/dev/mail', '/dev/mail/any'])
      expectProblem(await askAs(path, `Host: ${host}`), 403, 'refused');
  });

  it.each([
    'X-Forwarded-For: 203.0.113.7',
    'X-Forwarded-For: 127.0.0.1, 203.0.113.7',
    'X-Forwarded-For: 203.0.113.7, 127.0.0.1',
    'X-Forwarded-For: unknown',
    'X-Forwarded-For: ',
    'Forwarded: for=203.0.113.7;host=localhost, for=127.0.0.1',
    'Forwarded: for="[2001:db8::1]:80"',
    'X-Real-IP: 192.168.0.17',
  ])('opens for nobody behind a proxy of this machine, trusted or not: %s', async (field) => {
    expectProblem(await askAs('/dev/mail', 'Host: localhost', field), 403, 'refused');
  });

  it.each([
    'X-Forwarded-For: 127.0.0.1',
    'X-Forwarded-For: ::1, ::ffff:127.0.0.1',
    'Forwarded: for="[::1]:8080"',
  ])('opens for this machine through a development server: %s', async (field) => {
    expect((await askAs('/dev/mail', 'Host: localhost:5173', field)).status).toBe(200);
  });

  it.each([
    ['127.0.0.1', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['192.168.0.17', false],
    ['::ffff:192.168.0.17', false],
    ['fe80::1%eth0', false],
    ['172.17.0.1', false],
    [undefined, false],
  ])('asked from %s, whatever it says: %s', (remoteAddress, isOpen) => {
    const guard = new DevMailGuard(service.app.get(AuthSettings));
    for (const headers of [{}, { 'x-forwarded-for': '127.0.0.1' }]) {
      const request = { socket: { remoteAddress }, headers: { host: 'localhost', ...headers } };
      const ask = () => guard.canActivate(new ExecutionContextHost([request]));
      if (isOpen) expect(ask()).toBe(true);
      else expect(ask).toThrow('The development mailbox is only available on the machine');
    }
  });

  it('is all that is below /dev', async () => {
    const below = (await servedRoutes(service)).filter((route) => route.includes(' /dev'));
    expect(below.sort()).toEqual(['GET /dev/mail', 'GET /dev/mail/{key}']);
  });
});
