import { MailService, tokenIn } from './support/mail-service.js';
import { rawRequest } from './support/raw-request.js';
import { ada } from './support/test-service.js';

let app: MailService;
beforeAll(async () => {
  app = await MailService.start({ trustedProxies: ['127.0.0.0/8'] });
  await app.service.signUp();
  await app.mail('verify-email', ada.email);
});
afterAll(() => app.stop());

describe('links in mail', () => {
  it.each([
    ['Host', '/api/v1/auth/password/forgot', 'Host: evil.example'],
    ['a port in Host', '/api/v1/auth/password/forgot', 'Host: evil.example:8000'],
    ['X-Forwarded-Host', '/api/v1/auth/password/forgot', 'Host: x\r\nX-Forwarded-Host: evil.example'],
    [
      'Forwarded',
      '/api/v1/auth/password/forgot',
      'Host: x\r\nForwarded: host=evil.example;proto=http\r\nX-Forwarded-Proto: ftp\r\nX-Forwarded-Prefix: /evil.example',
    ],
    [
      'Origin and Referer',
      '/api/v1/auth/password/forgot',
      'Host: x\r\nOrigin: https://evil.example\r\nReferer: https://evil.example/',
    ],
    ['an absolute-form target', 'http://evil.example/api/v1/auth/password/forgot', 'Host: evil.example'],
  ])('are not led elsewhere by %s', async (_, target, headers) => {
    const before = app.received('reset-password', ada.email).length;
    const body = JSON.stringify({ email: ada.email });
    const { status } = await rawRequest(
      app.service.origin,
      `POST ${target} HTTP/1.1\r\n${headers}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
    expect(status).toBe(202);
    const mail = await app.mail('reset-password', ada.email, before + 1);
    tokenIn(mail);
    expect(mail.raw).not.toContain('evil');
  });
});
