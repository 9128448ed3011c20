import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JobsService } from '../src/jobs/jobs.service.js';
import { SmtpMailer } from '../src/mail/smtp-mailer.js';
import { eventually } from './support/eventually.js';
import { Program } from './support/program.js';
import { type SmtpCommand, TestSmtpServer } from './support/smtp-server.js';
import { ada, SECRET_KEY, TestService } from './support/test-service.js';

/** Waits until the service is ready, without so much. */
async function namesAsDegraded(service: TestService, degraded: string[], seconds: number): Promise<void> {
  await eventually(async () => {
    const { status, body } = await service.get('//health/ready');
    expect({ status, degraded: body.degraded ?? [] }).toEqual({ status: 200, degraded });
  }, seconds * 1_000);
}

describe('The worker of an instance', () => {
  it('is named while it cannot reach the queue, and once it was stopped', async () => {
    const service = await TestService.start();
    try {
      await namesAsDegraded(service, [], 1);
      await service.database.query('ALTER SCHEMA astra_jobs RENAME TO elsewhere');
      await namesAsDegraded(service, ['worker'], 20);
      await service.database.query('ALTER SCHEMA elsewhere RENAME TO astra_jobs');
      await namesAsDegraded(service, [], 10);
      await service.app.get(JobsService, { strict: false }).stop();
      await namesAsDegraded(service, ['worker'], 1);
    } finally {
      await service.stop();
    }
  });

  it('is not missed where there is to be none', async () => {
    const service = await TestService.start({ auth: { worker: false } });
    try {
      await namesAsDegraded(service, [], 1);
    } finally {
      await service.stop();
    }
  });
});

// All but the last are waiting most of the time, so they wait together.
describe('A start without its database', () => {
  it.concurrent(
    'ends after a minute with one line, whether the server refuses or says nothing',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'astra-start-'));
      const silent = createServer(() => undefined);
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      try {
        const silentPort = (silent.address() as AddressInfo).port;
        const ends = await Promise.all(
          [1, silentPort].map(async (port) => {
            const begun = performance.now();
            const program = Program.start('main.ts', [], {
              ...{ SECRET_KEY, DATA_DIR: folder, PORT: '0' },
              ...{ POSTGRES_HOST: '127.0.0.1', POSTGRES_PORT: String(port), POSTGRES_PASSWORD: 'canary' },
            });
            const exitCode = await program.exit;
            return { exitCode, seconds: (performance.now() - begun) / 1000, output: program.output };
          }),
        );
        console.log(`Gave up after ${ends.map(({ seconds }) => seconds.toFixed(1)).join(' and ')} s`);
        for (const { exitCode, seconds, output } of ends) {
          expect(exitCode).toBe(1);
          expect(seconds).toBeGreaterThan(59);
          expect(seconds).toBeLessThan(80);
          expect(output.trim().split('\n')).toEqual([
            expect.stringMatching(/The database is not responding yet \(.+\)\. Retrying for up to a minute$/),
            expect.stringMatching(
              /The database cannot be used: .+\. Check POSTGRES_HOST and POSTGRES_PORT, that the server is running, and that it is reachable\.$/,
            ),
          ]);
          expect(output).not.toContain('canary');
        }
      } finally {
        silent.close();
        await rm(folder, { recursive: true });
      }
    },
    120_000,
  );
});

describe('A mail server', () => {
  it.concurrent.each<SmtpCommand>(['CONNECT', 'MAIL FROM', 'DATA'])(
    'that hangs at %s is named within some seconds, until it takes mail again',
    async (at) => {
      const smtp = await TestSmtpServer.start();
      smtp.behave = (command) => (command === at ? 'hang' : 'accept');
      const mailer = new SmtpMailer(smtp.url, { timeout: 8 });
      const service = await TestService.start({ auth: { mail: { mailer } } });
      try {
        await namesAsDegraded(service, [], 1);
        await service.post('/auth/register', ada);
        await namesAsDegraded(service, ['mail'], 10);
        smtp.behave = () => 'accept';
        await smtp.waitFor(1, 30);
        await namesAsDegraded(service, [], 5);
      } finally {
        await service.stop();
        await smtp.stop();
      }
    },
  );
});

describe('A mail server', () => {
  it('that takes its time, but answers one message after the other, is not', async () => {
    const smtp = await TestSmtpServer.start();
    const mailer = new SmtpMailer(smtp.url, { connections: 1 });
    smtp.behave = () => {
      // At each command, in all longer than the patience with one message.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 250);
      return 'accept';
    };
    const seen: boolean[] = [];
    const watch = setInterval(() => seen.push(mailer.isAway), 100);
    const message = { messageId: '<1@astra.example>', from: 'no-reply@astra.example', subject: '' };
    const people = Array.from({ length: 9 }, (_, i) => `user${i}@example.com`);
    const begun = performance.now();
    try {
      await Promise.all(
        people.map((to) =>
          mailer.send({ ...message, to, text: '', html: '', headers: {} }, AbortSignal.timeout(30_000)),
        ),
      );
      expect(performance.now() - begun).toBeGreaterThan(5_500);
      expect(seen.length).toBeGreaterThan(0);
      expect(seen).not.toContain(true);
    } finally {
      clearInterval(watch);
      mailer.close();
      await smtp.stop();
    }
  });
});
