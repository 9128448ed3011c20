import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DataSource } from 'typeorm';
import type { MailData, MailTemplate } from '../src/settings/mail/mail-language.js';
import { MailService } from '../src/mail/mail.service.js';
import { connectionOptions, SmtpMailer } from '../src/mail/smtp-mailer.js';
import { eventually } from './support/eventually.js';
import { JobWorker } from './support/job-worker.js';
import { mailTo, tokenIn, verified } from './support/mail.js';
import { type SmtpCommand, TestSmtpServer } from './support/smtp-server.js';
import { TestDatabase } from './support/test-database.js';
import { TestService } from './support/test-service.js';

const from = 'Astra <no-reply@astra.example>';
const publicUrl = 'https://astra.example';
const inAnHour = () => new Date(Date.now() + 3_600_000);
const empty = { subject: '', text: '', html: '', headers: {} };
const people = (count: number) => Array.from({ length: count }, (_, i) => `user${i}@example.com`);

/** A database, a mail server and whoever sends mail from the one to the other. */
class PostOffice {
  private readonly workers: JobWorker[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly smtp: TestSmtpServer,
  ) {}

  static async open(): Promise<PostOffice> {
    return new PostOffice(await TestDatabase.create(), await TestSmtpServer.start());
  }

  /** @param timeout - Of the mail server, in seconds. */
  async startWorker({ timeout = 10, worker = true } = {}): Promise<JobWorker> {
    const mailer = new SmtpMailer(this.smtp.url, { timeout });
    const started = await JobWorker.start(this.database.connection, {
      worker,
      publicUrl,
      mail: { mailer, from },
    });
    this.workers.push(started);
    return started;
  }

  get recipients(): string[] {
    return this.smtp.received.flatMap((mail) => mail.recipients);
  }

  /** What waits, and what was given up. */
  jobs(): Promise<{ name: string; source_output: { message: string } | null }[]> {
    return this.database.query(
      `SELECT name, source_output FROM astra_jobs.job WHERE state IN ('created', 'retry', 'active') AND name IN ('mail', 'dead')`,
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.smtp.stop(), ...this.workers.map((worker) => worker.stop())]);
    await this.database.drop();
  }
}

function send<T extends MailTemplate>(
  worker: JobWorker,
  template: T,
  to: string,
  data: MailData[T],
): Promise<boolean> {
  return worker.db.transaction((tx) => worker.mail.enqueue(template, verified(to), data, tx));
}

describe('Mail', () => {
  let office: PostOffice;
  let worker: JobWorker;

  beforeAll(async () => {
    office = await PostOffice.open();
    worker = await office.startWorker();
  });

  afterAll(() => office.close());

  it('reaches its recipient as text and HTML, with the link, and leaves nothing behind', async () => {
    const expiresAt = new Date('2099-01-02T03:04Z');
    await send(worker, 'verify-email', 'ada@example.com', { token: 'to-ken_1', expiresAt });
    const [mail] = await office.smtp.waitFor(1);
    await eventually(async () => expect(await office.jobs()).toEqual([]));

    expect(mail.recipients).toEqual(['ada@example.com']);
    expect(mail.from).toMatchObject({ name: 'Astra', address: 'no-reply@astra.example' });
    expect(mail.subject).toBe('Confirm your email address for Astra');
    expect(mail.text).toContain('\nhttps://astra.example/account/verify-email#token=to-ken_1\n');
    expect(mail.text).toContain('expires on 2 January 2099 at 03:04 UTC');
    expect(mail.html).toContain('href="https://astra.example/account/verify-email#token=to-ken_1"');
    expect(mail.html).not.toMatch(/<img|<script|url\(/);
    expect(mail.messageId).toMatch(/^<[0-9a-f-]{36}@astra\.example>$/);
    expect(mail.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    );
  });

  it('waits in the database without its token', async () => {
    const data = await worker.db.transaction(async (tx) => {
      const token = 'canary-of-a-token';
      await worker.mail.enqueue(
        'reset-password',
        verified('bob@example.com'),
        { token, expiresAt: inAnHour() },
        tx,
      );
      const [row] = (await tx.query(`SELECT data FROM astra_jobs.job WHERE name = 'mail'`)) as [
        { data: { payload: Record<string, string> } },
      ];
      return row.data;
    });
    expect(data.payload.to).toBe('bob@example.com');
    expect(JSON.stringify(data)).not.toContain('canary');
    expect(Buffer.from(data.payload.sealed, 'base64url').toString('latin1')).not.toContain('canary');
  });

  it.each([
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com, eve@example.com',
    'Ada <ada@example.com>',
    'ada',
    '',
  ])('goes to one address, and not to %j', async (to) => {
    await expect(send(worker, 'account-deactivated', to, {})).rejects.toThrow(
      'A message needs exactly one email address',
    );
  });

  it('is not sent any more once its link has ended', async () => {
    const expiresAt = new Date(Date.now() - 1_000);
    await send(worker, 'reset-password', 'late@example.com', { token: 'late', expiresAt });
    const message = 'reset-password: its link expired before it could be sent';
    await eventually(async () =>
      expect(await office.jobs()).toContainEqual({ name: 'dead', source_output: { message } }),
    );
    expect(office.recipients).not.toContain('late@example.com');
  });

  it('is discarded, when that is wanted, wherever it waits', async () => {
    await send(worker, 'reset-password', 'gone@example.com', { token: 'late', expiresAt: new Date(0) });
    await eventually(async () => {
      const [{ count }] = await office.database.query<{ count: string }>(
        `SELECT count(*) FROM astra_jobs.job WHERE name = 'dead' AND data->'payload'->>'to' = 'gone@example.com'`,
      );
      expect(count).toBe('1');
    });
    await worker.db.transaction((tx) => worker.mail.discard('gone@example.com', tx));
    expect(
      await office.database.query(`SELECT 1 FROM astra_jobs.job WHERE data::text LIKE '%gone@%'`),
    ).toEqual([]);
  });
});

/** With a post office of its own, so that tests can wait at the same time. */
function inPostOffice(test: (office: PostOffice) => Promise<void>): () => Promise<void> {
  return async () => {
    const office = await PostOffice.open();
    try {
      await test(office);
    } finally {
      await office.close();
    }
  };
}

describe('Processes that send mail', () => {
  it.concurrent(
    'may be killed in the middle: another one sends what is left',
    inPostOffice(async (office) => {
      const { database, smtp } = office;
      smtp.behave = (command) => (command === 'DATA' && smtp.received.length >= 25 ? 'hang' : 'accept');
      const support = fileURLToPath(new URL('support/', import.meta.url));
      const child = fork(`${support}job-worker.ts`, [JSON.stringify(database.connection), smtp.url], {
        execArgv: ['--import', `${support}typescript.mjs`],
      });
      await once(child, 'message');
      const web = await office.startWorker({ worker: false });
      await web.db.transaction(async (tx) => {
        for (const to of people(60)) await web.mail.enqueue('account-deactivated', verified(to), {}, tx);
      });
      await smtp.waitFor(25);
      child.kill('SIGKILL');
      await once(child, 'exit');
      smtp.behave = () => 'accept';

      await office.startWorker();
      await eventually(async () => expect(new Set(office.recipients).size).toBe(60), 25_000);
      // Twice at most what it had at hand: taken by the mail server, and not yet noted as sent.
      expect(office.recipients.length).toBeLessThanOrEqual(60 + 10);
    }),
  );

  it.concurrent(
    'send each message once between them',
    inPostOffice(async (office) => {
      const [first, second] = await Promise.all([office.startWorker(), office.startWorker()]);
      await first.db.transaction(async (tx) => {
        for (const to of people(200)) await first.mail.enqueue('account-deactivated', verified(to), {}, tx);
      });
      await office.smtp.waitFor(200, 15);
      await Promise.all([first.stop(), second.stop()]);
      expect(office.recipients.sort()).toEqual(people(200).sort());
    }),
  );
});

describe('A mail server', () => {
  it.concurrent(
    'that was away gets all mail within a minute of its return',
    inPostOffice(async (office) => {
      await office.smtp.stop();
      const worker = await office.startWorker();
      const slowest = await slowestOf(people(200), (to) =>
        send(worker, 'verify-email', to, { token: to, expiresAt: inAnHour() }),
      );
      await sleep(2_000);
      expect(worker.mailer?.isAway).toBe(true);
      await office.smtp.resume();
      await office.smtp.waitFor(200, 60);
      await worker.stop();
      expect(office.recipients.sort()).toEqual(people(200).sort());
      expect(slowest).toBeLessThan(1_000);
    }),
    70_000,
  );

  it.concurrent(
    'that hangs holds up nobody, and gets all mail when it answers again',
    inPostOffice(async (office) => {
      office.smtp.behave = () => 'hang';
      const worker = await office.startWorker({ timeout: 1 });
      const slowest = await slowestOf(people(20), (to) => send(worker, 'account-deactivated', to, {}));
      await sleep(1_500);
      office.smtp.behave = () => 'accept';
      await office.smtp.waitFor(20, 15);
      expect(slowest).toBeLessThan(1_000);
      expect(new Set(office.recipients).size).toBe(20);
    }),
  );

  it.concurrent(
    'that refuses for now is asked again, at whichever command',
    inPostOffice(async (office) => {
      const refusals: [SmtpCommand, number][] = [
        ['CONNECT', 421],
        ['MAIL FROM', 421],
        ['MAIL FROM', 530],
        ['RCPT TO', 450],
        ['DATA', 451],
      ];
      office.smtp.behave = (command) => {
        const next = refusals.findIndex(([at]) => at === command);
        if (next < 0) return 'accept';
        const [[, code]] = refusals.splice(next, 1);
        return { code, text: 'Not now' };
      };
      const worker = await office.startWorker();
      for (const to of people(10)) await send(worker, 'account-deactivated', to, {});
      await office.smtp.waitFor(10, 15);
      await worker.stop();
      expect(refusals).toEqual([]);
      expect(office.recipients.sort()).toEqual(people(10));
    }),
  );

  it.concurrent(
    'that refuses a mailbox or a message for good is asked once, and the others get theirs',
    inPostOffice(async (office) => {
      const refused: (string | undefined)[] = [];
      office.smtp.behave = (command, to) => {
        const isRefused =
          (command === 'RCPT TO' && to === 'user0@example.com') ||
          (command === 'DATA' && to === 'user1@example.com');
        if (isRefused) refused.push(to);
        return isRefused ? { code: 550, text: `No ${command}` } : 'accept';
      };
      const worker = await office.startWorker();
      for (const to of people(5)) await send(worker, 'account-deactivated', to, {});
      await eventually(async () => {
        const dead = (await office.jobs()).map(({ source_output }) => source_output?.message).sort();
        expect(dead).toEqual([
          expect.stringContaining('550 No RCPT TO'),
          expect.stringContaining('550 No DATA'),
        ]);
      }, 5_000);
      await worker.stop();
      expect(refused.sort()).toEqual(people(2));
      expect(office.recipients.sort()).toEqual(people(5).slice(2));
    }),
  );

  it.concurrent(
    'that drops the connection after a message gets that twice, under one Message-ID, and no other',
    inPostOffice(async (office) => {
      let drops = 0;
      office.smtp.behave = (command, to) =>
        command === 'DATA' && to === 'user0@example.com' && drops++ === 0 ? 'drop' : 'accept';
      const worker = await office.startWorker();
      for (const to of people(3)) await send(worker, 'account-deactivated', to, {});
      await office.smtp.waitFor(4, 12);
      await worker.stop();

      expect(office.recipients.sort()).toEqual(['user0@example.com', ...people(3)]);
      const twice = office.smtp.received.filter((mail) => mail.recipients[0] === 'user0@example.com');
      expect(new Set(twice.map(({ messageId }) => messageId)).size).toBe(1);
    }),
  );

  it('that offers no TLS, or from which somebody strips it, gets no mail where TLS is required', async () => {
    const stripped = await TestSmtpServer.start();
    const message = { ...{ messageId: '<1@astra.example>', from, to: 'ada@example.com' }, ...empty };
    const careful = new SmtpMailer(stripped.url, { tls: 'required' });
    await expect(careful.send(message, AbortSignal.timeout(1_000))).rejects.toThrow('aborted');
    expect(careful.isAway).toBe(true);
    careful.close();
    expect(stripped.received).toEqual([]);
    await expect(SmtpMailer.probe(stripped.url, { tls: 'required' })).rejects.toThrow(/STARTTLS/);

    const careless = new SmtpMailer(stripped.url, { tls: 'opportunistic' });
    await careless.send(message, AbortSignal.timeout(5_000));
    careless.close();
    await stripped.stop();
    expect(stripped.received).toHaveLength(1);
  });

  it.each([
    ['smtp://mail.example.com', undefined, true],
    ['smtp://mail', undefined, true],
    ['smtp://10.0.0.5:25', undefined, true],
    ['smtp://localhost.example.com', undefined, true],
    ['smtp://mail.example.com', 'opportunistic', false],
    ['smtp://ada:secret@mail.example.com', 'opportunistic', true],
    ['smtp://localhost', undefined, false],
    ['smtp://ada:secret@127.0.0.1:25', undefined, false],
    ['smtp://[::1]', undefined, false],
    ['smtp://localhost', 'required', true],
    // Encrypted from the first byte.
    ['smtps://mail.example.com', undefined, false],
  ] as const)('%s with tls %s must upgrade: %s', (url, tls, requireTLS) => {
    expect(connectionOptions(url, 10, tls)).toMatchObject({ requireTLS, secure: url.startsWith('smtps:') });
  });

  it('whose certificate nobody vouches for gets no mail', async () => {
    const stranger = await TestSmtpServer.start({ startTls: true });
    const mailer = new SmtpMailer(stranger.url);
    const message = { messageId: '<1@astra.example>', from, to: 'ada@example.com', ...empty };
    await expect(mailer.send(message, AbortSignal.timeout(500))).rejects.toThrow('aborted');
    mailer.close();
    await stranger.stop();
    expect(stranger.received).toEqual([]);
  });
});

describe('GET /dev/mail', () => {
  it('shows the mail of a development service, with links that can be followed', async () => {
    const service = await TestService.start();
    const mail = service.app.get(MailService, { strict: false });
    const expiresAt = inAnHour();
    await service.app
      .get(DataSource)
      .transaction((tx) =>
        mail.enqueue('verify-email', verified('ada@example.com'), { token: 'to-ken', expiresAt }, tx),
      );
    const [sent] = await mailTo(service, 'ada@example.com');
    const page = await service.get<string>('//dev/mail');
    const frame = /<iframe [^>]*src="mail\/([^"]+)"/.exec(page.body)?.[1];
    const message = await service.get<string>(`//dev/mail/${frame}`);
    const missing = await service.get('//dev/mail/other');
    await service.stop();

    expect(tokenIn(sent)).toBe('to-ken');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[^ ]+'; frame-src 'self';/,
    );
    expect(page.body).toMatch(/<a href="http:\/\/localhost:\d+\/account\/verify-email#token=to-ken"/);
    expect(message.body).toContain('#token=to-ken"');
    expect(message.headers.get('content-security-policy')).toContain('sandbox');
    expect(missing.status).toBe(404);
  });

  it('is not there in production', async () => {
    const service = await TestService.start({ production: true });
    const page = await service.get('//dev/mail');
    await service.stop();
    expect(page.status).toBe(404);
  });
});

/** @returns how long the slowest took, in ms. */
async function slowestOf<T>(items: T[], task: (item: T) => Promise<unknown>): Promise<number> {
  let slowest = 0;
  for (const item of items) {
    const begun = performance.now();
    await task(item);
    slowest = Math.max(slowest, performance.now() - begun);
  }
  return slowest;
}
