import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { JobType } from '../../jobs/job-type.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { randomMoment } from '../../jobs/random-moment.js';
import { UsersService } from '../../users/users.service.js';
import { PrivateRegistrationService } from '../pending-registration/private-registration.service.js';
import { registeredFrom } from './registered-from.js';
import { VerificationLinksService } from './verification-links.service.js';

/** Job that looks up an email address, and resends its verification link. */
const verificationRequested = new JobType<{ email: string; client?: Client }>('email-verification-requested');

/** Resends verification links without revealing which email addresses have an account. */
@Injectable()
export class VerificationRequestsService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly links: VerificationLinksService,
    private readonly privately: PrivateRegistrationService,
    private readonly jobs: JobsService,
    private readonly audit: AuditService,
  ) {
    jobs.handle(verificationRequested, async ({ email, client = null }, { signal }) => {
      await randomMoment(signal);
      await this.sendLinkTo(email, client);
    });
  }

  /**
   * Queues a job that resends the link if the email address belongs to an active account and is unverified.
   *
   * Only the job looks up the account, so neither the response nor its time depends on it.
   */
  async request(email: string, client: Client): Promise<void> {
    await this.db.transaction((tx) => this.jobs.enqueue(verificationRequested, { email, client }, tx));
  }

  /** Looks up the account in the job, where the time that it takes is not visible to the client. */
  private async sendLinkTo(email: string, client: Client | null): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.users.lockByEmail(email, tx);
      if (!user) await this.privately.resend(email, tx);
      else if (user.isActive && !user.emailVerifiedAt) {
        await this.links.send(user, tx, await registeredFrom(user.id, this.audit));
        const event = { userId: user.id, actorId: null, client };
        await this.audit.record({ type: 'authn_email_verification_requested', ...event }, tx);
      }
    });
  }
}
