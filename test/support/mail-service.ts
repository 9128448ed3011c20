import { en } from '../../src/mail/texts/en.js';
import type { MailTemplate } from '../../src/settings/mail/mail-language.js';
import { eventually } from './eventually.js';
import { type ReceivedMail, TestSmtpServer } from './smtp-server.js';
import type { TestDatabase } from './test-database.js';
import { type ada, TestService, type TestServiceOptions, type Tokens } from './test-service.js';

const from = 'Astra <no-reply@astra.example>';
/** Base URL of the links in messages. */
export const publicUrl = 'https://accounts.example/base';

/** Service with a real mail server, and the messages that it received. */
export class MailService {
  private constructor(
    readonly service: TestService,
    readonly smtp: TestSmtpServer,
  ) {}

  static async start({ auth, ...settings }: TestServiceOptions = {}): Promise<MailService> {
    const smtp = await TestSmtpServer.start();
    const service = await TestService.start({
      mail: { smtpUrl: smtp.url, smtpTls: undefined, from, language: 'en', color: '#1f4fd8' },
      auth: { publicUrl, ...auth },
      ...settings,
    });
    return new MailService(service, smtp);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.smtp.stop();
  }

  /** What came in of a template for an address, the oldest first. */
  received(template: MailTemplate, to: string): ReceivedMail[] {
    return mailsOf(this.smtp.received, template, to);
  }

  /** Waits for the `count`-th message of a template to an address. */
  async mail(template: MailTemplate, to: string, count = 1): Promise<ReceivedMail> {
    return eventually(async () => {
      const received = this.received(template, to);
      if (received.length !== count)
        throw new Error(`${received.length} and not ${count} messages ${template} came for ${to}`);
      return received[count - 1];
    }, 10_000);
  }

  /** Waits for the `count`-th message of a template to an address, and takes the token from its link. */
  async token(template: MailTemplate, to: string, count = 1): Promise<string> {
    return tokenIn(await this.mail(template, to, count));
  }

  /** Verifies the address of an account that was registered, without which it gets no notices. */
  async verify(email: string): Promise<void> {
    const token = await this.token('verify-email', email);
    const { status, body } = await this.service.post('/auth/verify-email', { token });
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  /** Registers a user, verifies the email address, and signs in. */
  async signUp(person: typeof ada): Promise<typeof ada & Tokens & { id: string }> {
    const tokens = await this.service.signUp(person);
    await this.verify(person.email);
    return { ...person, ...tokens };
  }

  /** Waits until nothing is left to be done, to find out what was not sent. */
  settled(): Promise<void> {
    return settled(this.service.database);
  }
}

/** The messages of a template to an address, in whatever case, the oldest first. */
export function mailsOf(received: ReceivedMail[], template: MailTemplate, to: string): ReceivedMail[] {
  const { subject } = en.texts[template]({ product: 'Astra' } as never);
  const address = to.toLowerCase();
  return received.filter(
    (mail) =>
      mail.subject === subject && mail.recipients.some((recipient) => recipient.toLowerCase() === address),
  );
}

/** Waits until no job is left to be done. */
export async function settled(database: TestDatabase, within = 10_000): Promise<void> {
  await eventually(async () => {
    const waiting = await database.query(
      `SELECT name, state FROM astra_jobs.job WHERE state <= 'active' AND name !~ '^(__|dead)'`,
    );
    expect(waiting).toEqual([]);
  }, within);
}

/** The token of the link in a message. */
export function tokenIn({ text = '', html = '' }: ReceivedMail): string {
  const [link] = /https:\/\/\S+#token=\S+/.exec(text) ?? [];
  expect(link).toMatch(/^https:\/\/accounts\.example\/base\/account\/[a-z-]+#token=[A-Za-z0-9_-]{43}$/);
  expect(html).toContain(`href="${link}"`);
  return link!.split('#token=')[1];
}
