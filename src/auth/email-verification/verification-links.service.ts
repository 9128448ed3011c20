import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MailService } from '../../mail/mail.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { emailOf } from '../../users/service-accounts/email-of.js';
import type { User } from '../../users/user.entity.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';

/** Sends links that verify email addresses. */
@Injectable()
export class VerificationLinksService {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Sends a link that verifies the email address of an account. Does nothing if the setting `emailVerification` is
   * `off`.
   *
   * @param tx - Transaction that has locked the account's row.
   * @param origin - Device and network of the registration, shown to the owner. Default: unknown.
   */
  async send(user: User, tx: EntityManager, origin: string | null = null): Promise<void> {
    const { emailVerification, emailVerificationTtl: ttl } = this.settings;
    if (emailVerification === 'off') return;
    const { id, username, createdAt: registeredAt } = user;
    const email = emailOf(user);
    const issue = async () => {
      const link = await this.tokens.issue({ userId: id, purpose: TokenPurpose.VerifyEmail, email, ttl }, tx);
      return { ...link, username, registeredAt, origin };
    };
    await this.mail.enqueue('verify-email', user, issue, tx, { key: `verify-email ${id}` });
  }
}
