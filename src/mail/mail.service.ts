import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { JobType } from '../jobs/job-type.js';
import { JobsService } from '../jobs/jobs.service.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { MailBudgetService } from './mail-budget.service.js';
import type { MailData, MailTemplate } from '../settings/mail/mail-language.js';
import { mailKinds } from './mail-kinds.js';
import { MailSeal } from './mail-seal.js';
import { sendMail, sealLabel } from './delivery/mail-job.js';

/** Recipient of a message: an account, or the owner of an email address. */
export interface Recipient {
  /** Email address without a name; `null` for a service account, which gets no messages. */
  readonly email: string | null;
  /** Time at which the mailbox was verified; `null` if it was not. */
  readonly emailVerifiedAt: Date | null;
}

/** Sends a digest of held-back notices when the budget allows it. */
const sendDigest = new JobType<{ to: string }>('mail-digest');

/** One email address, without characters that could end a header field or start another address. */
const ADDRESS = /^[^\s\p{Cc}<>()[\],;:\\"@]+@[^\s\p{Cc}<>()[\],;:\\"@]+$/u;

/** Queues messages to users, each inside the transaction that causes it. */
@Injectable()
export class MailService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly jobs: JobsService,
    private readonly budgets: MailBudgetService,
    private readonly seal: MailSeal,
    private readonly settings: AuthSettings,
  ) {
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

  /** Encrypts the data, and adds the job. */
  private async add<T extends MailTemplate>(
    template: T,
    to: string,
    data: MailData[T],
    tx: EntityManager,
    key?: string,
  ): Promise<void> {
    const sealed = this.seal.seal(data, sealLabel({ template, to }));
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
}

async function made<T extends object>(data: T | (() => Promise<T>)): Promise<T> {
  return typeof data === 'function' ? data() : data;
}
