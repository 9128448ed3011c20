import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { JobType } from '../../jobs/job-type.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { randomMoment } from '../../jobs/random-moment.js';
import { UsersService } from '../../users/users.service.js';
import { PasswordLinksService } from './password-links.service.js';

/** Job that looks up an email address, and sends a link to reset the password. */
const passwordForgotten = new JobType<{ email: string; client: Client }>('password-forgotten');

/** Sends password links without revealing which email addresses have an account. */
@Injectable()
export class ForgottenPasswordService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly links: PasswordLinksService,
    private readonly jobs: JobsService,
    private readonly audit: AuditService,
  ) {
    jobs.handle(passwordForgotten, async ({ email, client }, { signal }) => {
      await randomMoment(signal);
      await this.sendLinkTo(email, client);
    });
  }

  /**
   * Queues a job that sends a link if the email address belongs to an active account.
   *
   * Only the job looks up the account, so neither the response nor its time depends on it.
   */
  async request(email: string, client: Client): Promise<void> {
    await this.db.transaction((tx) => this.jobs.enqueue(passwordForgotten, { email, client }, tx));
  }

  /** Looks up the account in the job, where the time that it takes is not visible to the client. */
  private async sendLinkTo(email: string, client: Client): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.users.lockByEmail(email, tx);
      if (!user?.isActive) return;
      await this.links.send(user, tx);
      const event = { userId: user.id, actorId: null, client, data: { reason: 'forgotten' } };
      await this.audit.record({ type: 'authn_password_reset_requested', ...event }, tx);
    });
  }
}
