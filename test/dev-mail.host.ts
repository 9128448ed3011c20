import { TypeOrmModule } from '@nestjs/typeorm';
import { astraDataSource, AstraModule, DevMailbox, type Mailer } from '../src/index.js';
import { TestMailbox } from '../src/testing/test-mailbox.js';
import { eventually } from './support/eventually.js';
import { GuestHost, type Platform } from './support/guest-host.js';

/** A host in development, with a prefix and versions. */
const start = (platform: Platform, mailer: Mailer = new DevMailbox()) =>
  GuestHost.start(platform, {
    instead: ({ connection }) => {
      const astra = AstraModule.forRoot({
        secretKey: 'a secret key for the mail of a host',
        features: { devMail: true },
        mail: { mailer },
      });
      return {
        module: class Host {},
        imports: [
          TypeOrmModule.forRoot({ ...astraDataSource(connection), migrationsRun: true, retryAttempts: 0 }),
          astra,
        ],
      };
    },
  });

describe.each<Platform>(['fastify', 'express'])('the mailbox of a host in development on %s', (platform) => {
  let host: GuestHost;
  beforeAll(async () => {
    host = await start(platform);
    await host.signUp('ada');
  });
  afterAll(() => host.stop());

  it('shows what was sent, below the prefix and whatever the version', async () => {
    const list = await eventually(async () => {
      const answer = await host.ask<string>('GET //backend/dev/mail');
      expect(answer.status).toBe(200);
      expect(answer.body).toContain('ada@example.com');
      return answer;
    });
    expect(list.headers.get('content-type')).toMatch(/^text\/html/);
    expect(list.body).toMatch(/<a href="[^"]+#token=/);
    const [, frame] = / src="(mail\/[^"]+)"/.exec(list.body) ?? [];
    const message = await host.ask<string>(`GET //backend/dev/${frame}`);
    expect(message).toMatchObject({ status: 200, body: expect.stringContaining('<base target="_blank">') });
  });

  it.each<Record<string, string>>([
    { 'x-forwarded-for': '203.0.113.7' },
    { 'x-real-ip': '192.168.0.17' },
    { forwarded: 'for=203.0.113.7' },
  ])('opens for nobody elsewhere: %j', async (headers) => {
    for (const path of ['dev/mail', 'dev/mail/any'])
      expect(await host.ask(`GET //backend/${path}`, { headers })).toMatchObject({
        status: 403,
        body: { type: '/problems/refused' },
      });
  });
});

describe('a host', () => {
  it('does not start with the page of a mailbox that gets no mail', async () => {
    await expect(start('fastify', new TestMailbox())).rejects.toThrow(
      'features.devMail requires a DevMailbox as the option mail.mailer',
    );
  });

  it('cannot have the mailbox in production', () => {
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    try {
      expect(() => new DevMailbox()).toThrow('DevMailbox is not for production');
    } finally {
      process.env.NODE_ENV = before;
    }
  });
});
