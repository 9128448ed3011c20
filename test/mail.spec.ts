import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { MailData, MailTemplate } from '../src/mail/mail-data.js';
import { SmtpMailer } from '../src/mail/smtp-mailer.js';
import { eventually } from './support/eventually.js';
import { JobWorker } from './support/job-worker.js';
import { type SmtpCommand, TestSmtpServer } from './support/smtp-server.js';
import { TestDatabase } from './support/test-database.js';

const from = 'Astra <no-reply@astra.example>';
const publicUrl = 'https://astra.example';
const inAnHour = () => new Date(Date.now() + 3_600_000);

let database: TestDatabase;
let smtp: TestSmtpServer;

const startWorker = (timeout = 10) =>
  JobWorker.start(database.connection, {
    publicUrl,
    mail: { mailer: new SmtpMailer(smtp.url, { timeout }), from },
  });

function send<T extends MailTemplate>(
  worker: JobWorker,
  template: T,
  to: string,
  data: MailData[T],
): Promise<void> {
  return worker.db.transaction((tx) => worker.mail.enqueue(template, to, data, tx));
}

const recipients = () => smtp.received.flatMap((mail) => mail.recipients);
const waiting = () =>
  database.query(
    `SELECT name, state, source_output, data::text FROM astra_jobs.job WHERE name IN ('mail', 'dead')`,
  );

beforeEach(async () => {
  database = await TestDatabase.create();
  smtp = await TestSmtpServer.start();
});

afterEach(async () => {
  await smtp.stop();
  await database.drop();
});

describe('Mail', () => {
  it('reaches its recipient as text and HTML, with the link, and leaves nothing behind', async () => {
    const worker = await startWorker();
    await send(worker, 'verify-email', 'ada@example.com', {
      token: 'to-ken_1',
      expiresAt: new Date('2099-01-02T03:04Z'),
    });
    const [mail] = await smtp.waitFor(1);
    await eventually(async () => expect(await waiting()).toEqual([]));
    await worker.stop();

    expect(mail.recipients).toEqual(['ada@example.com']);
    expect(mail.from).toMatchObject({ name: 'Astra', address: 'no-reply@astra.example' });
    expect(mail.subject).toBe('Confirm your email address for Astra');
    expect(mail.text).toContain('\nhttps://astra.example/account/verify-email#token=to-ken_1\n');
    expect(mail.text).toContain('until 2 January 2099 at 03:04 UTC.');
    expect(mail.html).toContain('href="https://astra.example/account/verify-email#token=to-ken_1"');
    expect(mail.html).not.toMatch(/<img|<script|url\(/);
    expect(mail.messageId).toMatch(/^<[0-9a-f-]{36}@astra\.example>$/);
    expect(mail.headers).toContainEqual(
      expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }),
    );
  });

  it('waits in the database sealed', async () => {
    const worker = await startWorker();
    smtp.behave = () => 'hang';
    await send(worker, 'reset-password', 'ada@example.com', {
      token: 'canary-of-a-token',
      expiresAt: inAnHour(),
    });
    const [{ data }] = await waiting();
    expect(data).toContain('ada@example.com');
    expect(data).not.toContain('canary');
    expect(
      Buffer.from(JSON.parse(String(data)).payload.sealed, 'base64url').toString('latin1'),
    ).not.toContain('canary');
    await smtp.stop();
    await worker.stop();
  });

  it.each([
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com, eve@example.com',
    'Ada <ada@example.com>',
    'ada',
    '',
  ])('goes to one address, and not to %j', async (to) => {
    const worker = await startWorker();
    await expect(send(worker, 'account-deactivated', to, {})).rejects.toThrow(
      'A message goes to one address',
    );
    await worker.stop();
  });

  it('is not sent any more once its link has ended', async () => {
    const worker = await startWorker();
    const expiresAt = new Date(Date.now() - 1_000);
    await send(worker, 'reset-password', 'ada@example.com', { token: 'late', expiresAt });
    await eventually(async () => {
      const reason = 'reset-password: its link ended before it could be sent';
      expect(await waiting()).toContainEqual(
        expect.objectContaining({ name: 'dead', source_output: { message: reason } }),
      );
    });
    await worker.stop();
    expect(smtp.received).toEqual([]);
  });

  it('is discarded for an address whose account is erased', async () => {
    smtp.behave = (command) => (command === 'RCPT TO' ? { code: 550, text: 'No such mailbox' } : 'accept');
    const worker = await startWorker();
    await send(worker, 'account-deactivated', 'ada@example.com', {});
    await eventually(async () =>
      expect(await waiting()).toContainEqual(expect.objectContaining({ name: 'dead' })),
    );
    await worker.db.transaction((tx) => worker.mail.discard('ada@example.com', tx));
    expect(await waiting()).toEqual([]);
    await worker.stop();
  });
});

describe('A mail server', () => {
  it('that was away gets all mail within a minute of its return', async () => {
    await smtp.stop();
    const worker = await startWorker();
    const addresses = Array.from({ length: 200 }, (_, i) => `user${i}@example.com`);
    const slowest = await timed(
      addresses.map((to) => () => send(worker, 'verify-email', to, { token: to, expiresAt: inAnHour() })),
    );
    await sleep(3_000);
    await smtp.resume();
    const resumedAt = performance.now();
    await smtp.waitFor(200, 60);
    const seconds = (performance.now() - resumedAt) / 1000;
    await worker.stop();

    expect(recipients().sort()).toEqual(addresses.sort());
    expect(slowest).toBeLessThan(1_000);
    console.log(
      `200 messages within ${seconds.toFixed(1)} s; the slowest was added in ${slowest.toFixed(0)} ms`,
    );
  });

  it('that hangs holds up nobody, and gets all mail when it answers again', async () => {
    smtp.behave = () => 'hang';
    const worker = await startWorker(1);
    const adding = Array.from(
      { length: 20 },
      (_, i) => () => send(worker, 'account-deactivated', `user${i}@example.com`, {}),
    );
    expect(await timed(adding)).toBeLessThan(1_000);
    await sleep(2_500);
    smtp.behave = () => 'accept';
    await smtp.waitFor(20, 15);
    await worker.stop();
    expect(new Set(recipients()).size).toBe(20);
  });

  it.each<[string, SmtpCommand, number]>([
    ['cannot take anything now', 'CONNECT', 421],
    ['is shutting down', 'MAIL FROM', 421],
    ['does not know the sender', 'MAIL FROM', 530],
    ['cannot take mail for somebody now', 'RCPT TO', 450],
    ['cannot take the message now', 'DATA', 451],
  ])('that %s is asked again', async (_, failing, code) => {
    let failures = 0;
    smtp.behave = (command) =>
      command === failing && failures++ === 0 ? { code, text: 'Not now' } : 'accept';
    const worker = await startWorker();
    await send(worker, 'account-deactivated', 'ada@example.com', {});
    await smtp.waitFor(1, 12);
    await worker.stop();
    expect(recipients()).toEqual(['ada@example.com']);
  });

  it.each<[string, SmtpCommand, number]>([
    ['has no such mailbox', 'RCPT TO', 550],
    ['does not want the message', 'DATA', 554],
  ])('that %s is asked once, and the others get theirs', async (_, failing, code) => {
    smtp.behave = (command, to) =>
      command === failing && to === 'ada@example.com' ? { code, text: 'Never' } : 'accept';
    const worker = await startWorker();
    await send(worker, 'account-deactivated', 'ada@example.com', {});
    await send(worker, 'account-deactivated', 'bob@example.com', {});
    await smtp.waitFor(1);
    await eventually(async () => {
      const dead = (await waiting()).find(({ name }) => name === 'dead');
      expect(JSON.stringify(dead?.source_output)).toContain(`${code} Never`);
    });
    await worker.stop();
    expect(recipients()).toEqual(['bob@example.com']);
  });

  it('that drops the connection after a message gets that twice, under one Message-ID, and no other', async () => {
    let drops = 0;
    smtp.behave = (command, to) =>
      command === 'DATA' && to === 'ada@example.com' && drops++ === 0 ? 'drop' : 'accept';
    const worker = await startWorker();
    for (const name of ['ada', 'bob', 'cleo'])
      await send(worker, 'account-deactivated', `${name}@example.com`, {});
    await smtp.waitFor(4, 12);
    await sleep(200);
    await worker.stop();

    expect(recipients().sort()).toEqual([
      'ada@example.com',
      'ada@example.com',
      'bob@example.com',
      'cleo@example.com',
    ]);
    const twice = smtp.received.filter((mail) => mail.recipients[0] === 'ada@example.com');
    expect(new Set(twice.map(({ messageId }) => messageId)).size).toBe(1);
  });

  it('whose certificate nobody vouches for gets no mail', async () => {
    const stranger = await TestSmtpServer.start({ startTls: true });
    const mailer = new SmtpMailer(stranger.url);
    const stop = AbortSignal.timeout(1_000);
    const message = {
      messageId: '<1@astra.example>',
      from,
      to: 'ada@example.com',
      subject: '',
      text: '',
      html: '',
      headers: {},
    };
    await expect(mailer.send(message, stop)).rejects.toThrow();
    mailer.close();
    await stranger.stop();
    expect(stranger.received).toEqual([]);
  });
});

describe('Processes that send mail', () => {
  it('send each message once between them', async () => {
    const workers = await Promise.all([startWorker(), startWorker()]);
    const addresses = Array.from({ length: 200 }, (_, i) => `user${i}@example.com`);
    await workers[0].db.transaction(async (tx) => {
      for (const to of addresses) await workers[0].mail.enqueue('account-deactivated', to, {}, tx);
    });
    await smtp.waitFor(200, 15);
    await sleep(300);
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(recipients().sort()).toEqual(addresses.sort());
  });

  it('may be killed in the middle: another one sends what is left', async () => {
    const web = await JobWorker.start(database.connection, { worker: false, publicUrl, mail: { from } });
    const addresses = Array.from({ length: 60 }, (_, i) => `user${i}@example.com`);
    smtp.behave = (command) => (command === 'DATA' && smtp.received.length >= 25 ? 'hang' : 'accept');
    const support = fileURLToPath(new URL('support/', import.meta.url));
    const child = fork(`${support}job-worker.ts`, [JSON.stringify(database.connection), smtp.url], {
      execArgv: ['--import', `${support}typescript.mjs`],
    });
    await once(child, 'message');
    await web.db.transaction(async (tx) => {
      for (const to of addresses) await web.mail.enqueue('account-deactivated', to, {}, tx);
    });
    await smtp.waitFor(25);
    child.kill('SIGKILL');
    await once(child, 'exit');
    smtp.behave = () => 'accept';

    const worker = await startWorker();
    await eventually(async () => expect(new Set(recipients()).size).toBe(60), 25_000);
    await Promise.all([worker.stop(), web.stop()]);
    // At most those in whose middle it was killed: taken by the server, not yet noted as sent.
    expect(recipients().length).toBeLessThanOrEqual(60 + 10);
  }, 40_000);
});

/** @returns how long the slowest took, in ms. */
async function timed(tasks: (() => Promise<void>)[]): Promise<number> {
  let slowest = 0;
  for (const task of tasks) {
    const begun = performance.now();
    await task();
    slowest = Math.max(slowest, performance.now() - begun);
  }
  return slowest;
}
