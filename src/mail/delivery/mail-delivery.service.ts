import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { trace } from '@opentelemetry/api';
import { DataSource } from 'typeorm';
import { errorText } from '../../http/problem/error-text.js';
import { GiveUpError, type JobContext } from '../../jobs/job-type.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { type Mailer, UndeliverableError } from '../../settings/mail/mailer.js';
import { MailRenderer } from '../mail-renderer.js';
import { MailSeal } from '../mail-seal.js';
import { type MailOutcome, type MailOutcomes, MailCountsService } from './mail-counts.service.js';
import { type MailJob, sealLabel, sendMail } from './mail-job.js';

/** Delivers queued messages to the mail server, with retries. */
@Injectable()
export class MailDeliveryService implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Number of delivery attempts in this process by outcome. `failed` ones are retried. */
  readonly outcomes: MailOutcomes = { sent: 0, failed: 0, given_up: 0 };
  private readonly logger = new Logger(MailDeliveryService.name);

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly jobs: JobsService,
    private readonly seal: MailSeal,
    private readonly renderer: MailRenderer,
    private readonly counts: MailCountsService,
    private readonly settings: AuthSettings,
  ) {
    const { mailer } = settings.mail;
    if (mailer) jobs.handle(sendMail, (mail, context) => this.try(mailer, mail, context));
  }

  /** Warns of settings with which messages wait forever or contain broken links; the application still starts. */
  onApplicationBootstrap(): void {
    const { worker, features, mail } = this.settings;
    if (worker && features.mail && !mail.mailer)
      this.logger.warn(
        'Messages cannot be sent and wait in the queue: SMTP_URL is not set (in a host: the option mail.mailer).',
      );
    if (worker && features.mail && mail.mailer && mail.leadsNowhere)
      this.logger.warn(
        'Links in messages lead to pages that do not exist: enable features.pages, or set the option mail.links.',
      );
  }

  /** Closes the connections to the mail server after the jobs that use them have ended. */
  async onApplicationShutdown(): Promise<void> {
    await this.jobs.stop();
    await this.settings.mail.mailer?.close();
  }

  /** Delivers a message, and counts the outcome for the metrics and the console. */
  private async try(mailer: Mailer, mail: MailJob, context: JobContext): Promise<void> {
    let outcome: MailOutcome = 'sent';
    try {
      await this.deliver(mailer, mail, context);
    } catch (error) {
      outcome = error instanceof GiveUpError ? 'given_up' : 'failed';
      throw error;
    } finally {
      await this.count(outcome);
    }
  }

  /** Counts an attempt. A message that is not counted was delivered all the same, and must not be sent again. */
  private async count(outcome: MailOutcome): Promise<void> {
    this.outcomes[outcome]++;
    try {
      await this.counts.add(outcome);
    } catch (error) {
      this.logger.warn(`A message was not counted: ${errorText(error)}`);
    }
  }

  /** Compares with the clock of the database, which also set the expiry of the link. */
  private async isOver(time: Date): Promise<boolean> {
    const [{ isOver }] = await this.db.query<[{ isOver: boolean }]>('SELECT $1 <= now() AS "isOver"', [time]);
    return isOver;
  }

  /** Delivers a message. Messages that can never be delivered are given up instead of retried. */
  private async deliver(mailer: Mailer, mail: MailJob, { id, signal }: JobContext): Promise<void> {
    const { template, to } = mail;
    const data = this.seal.open(mail.sealed, sealLabel(mail));
    if (!data) throw new GiveUpError(`${template}: it was encrypted with a different SECRET_KEY`);
    trace.getActiveSpan()?.setAttribute('astra.mail.template', template);
    if (data.expiresAt instanceof Date && (await this.isOver(data.expiresAt)))
      throw new GiveUpError(`${template}: its link expired before it could be sent`);

    const { from } = this.settings.mail;
    const messageId = `<${id}@${from.replace(/^.*@|>$/g, '')}>`;
    // RFC 3834, 5: prevents automatic replies.
    const headers = { 'Auto-Submitted': 'auto-generated' };
    // Its data was encrypted by `enqueue` for this template.
    const message = this.renderer.render(template, data);
    try {
      await mailer.send({ messageId, from, to, ...message, headers }, signal);
    } catch (error) {
      if (!(error instanceof UndeliverableError)) throw error;
      throw new GiveUpError(`${template}: ${error.message}`, { cause: error });
    }
  }
}
