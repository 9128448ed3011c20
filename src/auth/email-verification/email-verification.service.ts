import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import { JobType } from '../../jobs/job-type.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { MailService } from '../../mail/mail.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { randomMoment } from '../random-moment.js';

const verificationRequested = new JobType<{ email: string }>('email-verification-requested');

/** Finds out whether users read mail at the address that they gave. */
@Injectable()
export class EmailVerificationService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
    private readonly jobs: JobsService,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {
    jobs.handle(verificationRequested, async ({ email }, { signal }) => {
      await randomMoment(signal);
      await this.sendLinkTo(email);
    });
  }

  /**
   * Sends a link that proves the address of an account, unless the settings turn that off.
   *
   * @param tx - A transaction that holds the account's row.
   */
  async sendLink(user: User, tx: EntityManager): Promise<void> {
    const { emailVerification, emailVerificationTtl: ttl } = this.settings;
    if (emailVerification === 'off') return;
    const { id, email } = user;
    const issue = () => this.tokens.issue({ userId: id, purpose: TokenPurpose.VerifyEmail, email, ttl }, tx);
    await this.mail.enqueue('verify-email', user, issue, tx, { key: `verify-email ${id}` });
  }

  /**
   * Has the link sent again, if it is the address of an active account and not proven yet.
   *
   * Whether it is, only the job finds out, so that for whoever asks nothing depends on it: neither answer nor time.
   */
  async request(email: string): Promise<void> {
    await this.db.transaction((tx) => this.jobs.enqueue(verificationRequested, { email }, tx));
  }

  /**
   * Takes the address of an account for proven.
   *
   * @param token - The secret from the mail.
   * @throws {InvalidMailTokenError} if the token is unknown, expired, used or replaced, or its user is inactive.
   */
  verify(token: string, client: Client): Promise<User> {
    return this.db.transaction(async (tx) => {
      const { userId } = await this.tokens.redeem(token, TokenPurpose.VerifyEmail, tx);
      const user = await this.users.markEmailVerified(userId, tx);
      const data = { changed: ['email_verified'] };
      await this.audit.record({ type: 'user_updated', userId, actorId: userId, client, data }, tx);
      return user;
    });
  }

  private async sendLinkTo(email: string): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.users.lockByEmail(email, tx);
      if (user?.isActive && !user.emailVerifiedAt) await this.sendLink(user, tx);
    });
  }
}
