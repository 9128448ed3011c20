import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { JobType } from '../../jobs/job-type.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { randomMoment } from '../../jobs/random-moment.js';
import { MailService } from '../../mail/mail.service.js';
import { UsersService } from '../../users/users.service.js';
import { deviceName } from '../sessions/device-name.js';
import { newToken } from '../one-time-tokens/one-time-tokens.js';
import { type CodeBinding, EmailCodesService } from './email-codes.service.js';

/** Request for a code, as the job gets it. Neither the token nor the code is part of it. */
interface RequestedCode {
  tokenHash: string;
  email: string;
  client: Client;
  purpose: CodeBinding['purpose'];
  /** Whether an email address without an account gets a code as well, because its owner is about to get one. */
  toNewcomers: boolean;
}

/** Job that looks up an email address, and sends a code. */
const emailCodeRequested = new JobType<RequestedCode>('email-code');

/**
 * Sends codes by email without revealing which email addresses have an account. As with links for a forgotten password, the
 * request only adds a job.
 */
@Injectable()
export class EmailCodeMessagesService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly codes: EmailCodesService,
    private readonly jobs: JobsService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
  ) {
    jobs.handle(emailCodeRequested, async (requested, { signal }) => {
      await randomMoment(signal);
      await this.sendTo(requested);
    });
  }

  /** Seconds until a code expires. */
  get ttl(): number {
    return this.codes.ttl;
  }

  /**
   * Starts a sign-in with a code.
   *
   * @param email - As typed.
   * @returns the sign-in token, with which the code works, and the seconds until it expires.
   */
  async beginSignIn(email: string, client: Client): Promise<{ token: string; expiresIn: number }> {
    const token = newToken();
    await this.request({ purpose: 'sign-in', token }, email, client);
    return { token, expiresIn: this.ttl };
  }

  /**
   * Queues a job that sends a code if the email address belongs to an active account.
   *
   * Only the job looks up the account, so neither the response nor its time depends on it.
   *
   * @param options.toNewcomers - Whether an email address without an account gets a code as well. Default `false`.
   * @returns `false` if too many wrong codes were tried: then none is sent, as it could not be used.
   */
  async request(
    binding: CodeBinding,
    email: string,
    client: Client,
    { toNewcomers = false } = {},
  ): Promise<boolean> {
    const request = { purpose: binding.purpose, email, client, toNewcomers };
    return this.db.transaction(async (tx) => {
      const opened = await this.codes.open(binding, email, tx);
      if (!opened) return false;
      const tokenHash = opened.toString('hex');
      await this.jobs.enqueue(emailCodeRequested, { ...request, tokenHash }, tx);
      return true;
    });
  }

  /** Looks up the account in the job, where the time that it takes is not visible to the client. */
  private async sendTo({ tokenHash, purpose, email, client, toNewcomers }: RequestedCode): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.users.lockByEmail(email, tx);
      if (user ? !user.isActive : !toNewcomers) return;
      const owner = { id: user?.id ?? null, email };
      const issued = await this.codes.issue(Buffer.from(tokenHash, 'hex'), owner, tx);
      // It has expired, or a later request has replaced it, while the job waited.
      if (!issued) return;
      const code = `${issued.code.slice(0, 4)} ${issued.code.slice(4)}`;
      // The link leads to a page that signs in; who is signed in already types the code.
      const link = purpose !== 'confirm' && { token: issued.code };
      const message = { ...issued, ...link, code, device: deviceName(client.userAgent), ip: client.ip };
      const recipient = user ?? { email, emailVerifiedAt: null };
      if (!(await this.mail.enqueue('email-code', recipient, message, tx))) return;
      const event = { userId: user?.id ?? null, actorId: null, client };
      await this.audit.record({ type: 'authn_email_code_sent', ...event }, tx);
    });
  }
}
