import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
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

/** A message that waits. */
interface MailJob {
  template: MailTemplate;
  to: string;
  /** What it tells, by {@link MailSeal}. */
  sealed: string;
}

/** Whom a message goes to: an account, or whoever reads mail at an address. */
export interface Recipient {
  /** One address, without a name. */
  readonly email: string;
  /** When somebody showed that the mailbox is theirs; `null` if nobody has. */
  readonly emailVerifiedAt: Date | null;
}

const sendMail = new JobType<MailJob>('mail');
/** Tells of notices that were held back, once the mailbox may get mail again. */
const sendDigest = new JobType<{ to: string }>('mail-digest');

/** One address, and nothing that could end a header field or begin another address. */
const ADDRESS = /^[^\s\p{Cc}<>()[\],;:\\"@]+@[^\s\p{Cc}<>()[\],;:\\"@]+$/u;

/** Messages to users, each sent after the transaction that causes it, for as long as it takes. */
@Injectable()
export class MailService implements OnApplicationBootstrap, OnApplicationShutdown {
  /** What became of this process's tries to send a message so far: a `failed` one is tried again. */
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
   * Adds a message, as part of the transaction that causes it: it is sent if and when that commits. Where the feature
   * is off, it does nothing.
   *
   * All mail goes this way, and here each mailbox has its budget, since anybody can name anybody's address. A notice
   * above it is told by a digest, any other message is not sent. A mailbox that nobody has verified gets no notices.
   *
   * @param data - Or what makes it, called only if the message is sent: a link above the budget must not end the one
   *   that was sent before.
   * @param options.key - Of the messages under one key that wait, only the last is sent.
   * @returns whether it will be sent.
   */
  async enqueue<T extends MailTemplate>(
    template: T,
    { email: to, emailVerifiedAt }: Recipient,
    data: MailData[T] | (() => Promise<MailData[T]>),
    tx: EntityManager,
    { key }: { key?: string } = {},
  ): Promise<boolean> {
    if (!this.settings.features.mail) return false;
    if (!ADDRESS.test(to)) throw new RangeError('A message goes to one address');
    const { budget, toUnverified } = mailKinds[template];
    if (!emailVerifiedAt && !toUnverified) return false;
    if (!(await this.budgets.take(budget, to, tx))) {
      if (budget === 'notices') await this.holdBack(to, tx);
      return false;
    }
    await this.add(template, to, await made(data), tx, key);
    return true;
  }

  /** Removes all messages to an address that wait or could not be delivered. */
  async discard(to: string, tx: EntityManager): Promise<void> {
    await this.jobs.discard(sendMail, { to }, tx);
    await this.jobs.discard(sendDigest, { to }, tx);
  }

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

  async onApplicationShutdown(): Promise<void> {
    await this.jobs.stop();
    await this.settings.mail.mailer?.close();
  }

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

  private async holdBack(to: string, tx: EntityManager): Promise<void> {
    const due = await this.budgets.holdBack(to, tx);
    if (due) await this.jobs.enqueue(sendDigest, { to }, tx, { runAt: due });
  }

  private async enqueueDigest(to: string, tx: EntityManager): Promise<void> {
    const changes = await this.budgets.release(to, tx);
    if (changes > 0) await this.add('digest', to, { changes }, tx);
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

  /** By the clock that the link was given its end by. */
  private async isOver(time: Date): Promise<boolean> {
    const [{ isOver }] = await this.db.query<[{ isOver: boolean }]>('SELECT $1 <= now() AS "isOver"', [time]);
    return isOver;
  }

  private async deliver(
    mailer: Mailer,
    { template, to, sealed }: MailJob,
    { id, signal }: JobContext,
  ): Promise<void> {
    const data = this.seal.open(sealed, label(template, to));
    if (!data) throw new GiveUpError(`${template}: it was encrypted with a different SECRET_KEY`);
    if (data.expiresAt instanceof Date && (await this.isOver(data.expiresAt)))
      throw new GiveUpError(`${template}: its link expired before it could be sent`);

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

async function made<T extends object>(data: T | (() => Promise<T>)): Promise<T> {
  return typeof data === 'function' ? data() : data;
}

function label(template: MailTemplate, to: string): string {
  return `${template} ${to}`;
}
