import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { trace } from '@opentelemetry/api';
import { DataSource, type EntityManager } from 'typeorm';
import { GiveUpError, type JobContext, JobType } from '../jobs/job-type.js';
import { JobsService } from '../jobs/jobs.service.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { MailBudgetService } from './mail-budget.service.js';
import type { MailData, MailTemplate } from '../settings/mail/mail-language.js';
import { mailKinds } from './mail-kinds.js';
import { MailRenderer } from './mail-renderer.js';
import { MailSeal } from './mail-seal.js';
import { type Mailer, UndeliverableError } from '../settings/mail/mailer.js';

/** Queued message. */
interface MailJob {
  template: MailTemplate;
  to: string;
  /** Its data, encrypted by {@link MailSeal}. */
  sealed: string;
}

/** Recipient of a message: an account, or the owner of an email address. */
export interface Recipient {
  /** Email address without a name; `null` for a service account, which gets no messages. */
  readonly email: string | null;
  /** Time at which the mailbox was verified; `null` if it was not. */
  readonly emailVerifiedAt: Date | null;
}

const sendMail = new JobType<MailJob>('mail');
/** Sends a digest of held-back notices when the budget allows it. */
const sendDigest = new JobType<{ to: string }>('mail-digest');

/** One email address, without characters that could end a header field or start another address. */
const ADDRESS = /^[^\s\p{Cc}<>()[\],;:\\"@]+@[^\s\p{Cc}<>()[\],;:\\"@]+$/u;

/** Sends messages to users, each after the transaction that causes it, with retries. */
@Injectable()
export class MailService implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Number of delivery attempts in this process by outcome. `failed` ones are retried. */
  readonly outcomes = { sent: 0, failed: 0, given_up: 0 };
  private readonly logger = new Logger(MailService.name);

  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly jobs: JobsService,
    private readonly budgets: MailBudgetService,
    private readonly seal: MailSeal,
    private readonly renderer: MailRenderer,
    private readonly settings: AuthSettings,
  ) {
    const { mailer } = settings.mail;
    if (mailer) jobs.handle(sendMail, (mail, context) => this.try(mailer, mail, context));
    jobs.handle(sendDigest, ({ to }) => this.db.transaction((tx) => this.enqueueDigest(to, tx)));
  }

  /**
   * Queues a message inside the transaction that causes it; it is sent if the transaction commits. Does nothing if the
   * feature `mail` is disabled.
   *
   * All messages go through here, where each mailbox has a budget, because anybody can name any email address. Notices
   * over budget are replaced by a digest; other messages over budget are dropped. Unverified mailboxes get no notices.
   *
   * @param data - Data, or a function that creates it, called only if the message is sent: a link over budget must not
   *   invalidate an earlier one.
   * @param options.key - Replaces a waiting message with the same key. Default none.
   * @returns whether it will be sent.
   */
  async enqueue<T extends MailTemplate>(
    template: T,
    { email: to, emailVerifiedAt }: Recipient,
    data: MailData[T] | (() => Promise<MailData[T]>),
    tx: EntityManager,
    { key }: { key?: string } = {},
  ): Promise<boolean> {
    if (!this.settings.features.mail || to === null) return false;
    if (!ADDRESS.test(to)) throw new RangeError('A message needs exactly one email address');
    const { budget, toUnverified } = mailKinds[template];
    if (!emailVerifiedAt && !toUnverified) return false;
    if (!(await this.budgets.take(budget, to, tx))) {
      if (budget === 'notices') await this.holdBack(to, tx);
      return false;
    }
    await this.add(template, to, await made(data), tx, key);
    return true;
  }

  /** Deletes all waiting and failed messages to an email address. */
  async discard(to: string, tx: EntityManager): Promise<void> {
    await this.jobs.discard(sendMail, { to }, tx);
    await this.jobs.discard(sendDigest, { to }, tx);
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

  /** Encrypts the data, and adds the job. */
  private async add<T extends MailTemplate>(
    template: T,
    to: string,
    data: MailData[T],
    tx: EntityManager,
    key?: string,
  ): Promise<void> {
    const sealed = this.seal.seal(data, label(template, to));
    await this.jobs.enqueue(sendMail, { template, to, sealed }, tx, { key });
  }

  /** Counts a notice over budget, and schedules a digest with the first one. */
  private async holdBack(to: string, tx: EntityManager): Promise<void> {
    const due = await this.budgets.holdBack(to, tx);
    if (due) await this.jobs.enqueue(sendDigest, { to }, tx, { runAt: due });
  }

  private async enqueueDigest(to: string, tx: EntityManager): Promise<void> {
    const changes = await this.budgets.release(to, tx);
    if (changes > 0) await this.add('digest', to, { changes }, tx);
  }

  /** Delivers a message, and counts the outcome for the metrics. */
  private async try(mailer: Mailer, mail: MailJob, context: JobContext): Promise<void> {
    try {
      await this.deliver(mailer, mail, context);
      this.outcomes.sent++;
    } catch (error) {
      this.outcomes[error instanceof GiveUpError ? 'given_up' : 'failed']++;
      throw error;
    }
  }

  /** Compares with the clock of the database, which also set the expiry of the link. */
  private async isOver(time: Date): Promise<boolean> {
    const [{ isOver }] = await this.db.query<[{ isOver: boolean }]>('SELECT $1 <= now() AS "isOver"', [time]);
    return isOver;
  }

  /** Delivers a message. Messages that can never be delivered are given up instead of retried. */
  private async deliver(
    mailer: Mailer,
    { template, to, sealed }: MailJob,
    { id, signal }: JobContext,
  ): Promise<void> {
    const data = this.seal.open(sealed, label(template, to));
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

async function made<T extends object>(data: T | (() => Promise<T>)): Promise<T> {
  return typeof data === 'function' ? data() : data;
}

/** Context for the encryption, which binds the data to its template and recipient. */
function label(template: MailTemplate, to: string): string {
  return `${template} ${to}`;
}
