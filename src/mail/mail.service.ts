import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { GiveUpError, type JobContext, JobType } from '../jobs/job-type.js';
import { JobsService } from '../jobs/jobs.service.js';
import { AuthSettings } from '../settings/auth-settings.js';
import type { MailData, MailTemplate } from './mail-data.js';
import { MailRenderer } from './mail-renderer.js';
import { MailSeal } from './mail-seal.js';
import { type Mailer, UndeliverableError } from './mailer.js';

/** A message that waits. */
interface MailJob {
  template: MailTemplate;
  to: string;
  /** What it tells, by {@link MailSeal}. */
  sealed: string;
}

const sendMail = new JobType<MailJob>('mail');

/** One address, and nothing that could end a header field or begin another address. */
const ADDRESS = /^[^\s\p{Cc}<>()[\],;:\\"@]+@[^\s\p{Cc}<>()[\],;:\\"@]+$/u;

/** Messages to users, each sent after the transaction that causes it, for as long as it takes. */
@Injectable()
export class MailService implements OnApplicationBootstrap, OnApplicationShutdown {
  /** What became of this process's tries to send a message so far: a `failed` one is tried again. */
  readonly outcomes = { sent: 0, failed: 0, given_up: 0 };
  private readonly logger = new Logger(MailService.name);

  constructor(
    private readonly jobs: JobsService,
    private readonly seal: MailSeal,
    private readonly renderer: MailRenderer,
    private readonly settings: AuthSettings,
  ) {
    const { mailer } = settings.mail;
    if (mailer) jobs.handle(sendMail, (mail, context) => this.try(mailer, mail, context));
  }

  /**
   * Adds a message, as part of the transaction that causes it: it is sent if and when that commits. Where the feature
   * is off, it does nothing.
   *
   * @param to - One address, without a name.
   * @param options.key - Of the messages under one key that wait, only the last is sent.
   */
  async enqueue<T extends MailTemplate>(
    template: T,
    to: string,
    data: MailData[T],
    tx: EntityManager,
    { key }: { key?: string } = {},
  ): Promise<void> {
    if (!this.settings.features.mail) return;
    if (!ADDRESS.test(to)) throw new RangeError('A message goes to one address');
    const sealed = this.seal.seal(data, label(template, to));
    await this.jobs.enqueue(sendMail, { template, to, sealed }, tx, { key });
  }

  /** Removes all messages to an address that wait or could not be delivered. */
  async discard(to: string, tx: EntityManager): Promise<void> {
    await this.jobs.discard(sendMail, { to }, tx);
  }

  onApplicationBootstrap(): void {
    const { worker, features, mail } = this.settings;
    if (worker && features.mail && !mail.mailer)
      this.logger.warn(
        'No mail can be sent: there is no SMTP_URL (in a host: no option mail.mailer). It waits.',
      );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.jobs.stop();
    await this.settings.mail.mailer?.close();
  }

  private async try(mailer: Mailer, mail: MailJob, context: JobContext): Promise<void> {
    try {
      await this.deliver(mailer, mail, context);
      this.outcomes.sent++;
    } catch (error) {
      this.outcomes[error instanceof GiveUpError ? 'given_up' : 'failed']++;
      throw error;
    }
  }

  private async deliver(
    mailer: Mailer,
    { template, to, sealed }: MailJob,
    { id, signal }: JobContext,
  ): Promise<void> {
    const data = this.seal.open(sealed, label(template, to));
    if (!data) throw new GiveUpError(`${template}: it was written under another SECRET_KEY`);
    if (data.expiresAt instanceof Date && data.expiresAt.getTime() < Date.now())
      throw new GiveUpError(`${template}: its link ended before it could be sent`);

    const { from } = this.settings.mail;
    const messageId = `<${id}@${from.replace(/^.*@|>$/g, '')}>`;
    // RFC 3834, 5: no out-of-office answers to this.
    const headers = { 'Auto-Submitted': 'auto-generated' };
    // It was sealed here, by enqueue, as the data of this template.
    const message = this.renderer.render(template, data);
    try {
      await mailer.send({ messageId, from, to, ...message, headers }, signal);
    } catch (error) {
      if (!(error instanceof UndeliverableError)) throw error;
      throw new GiveUpError(`${template}: ${error.message}`, { cause: error });
    }
  }
}

function label(template: MailTemplate, to: string): string {
  return `${template} ${to}`;
}
