import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MailService } from '../../mail/mail.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { User } from '../../users/user.entity.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';

/** Sends links that confirm new email addresses. */
@Injectable()
export class EmailChangeLinksService {
  constructor(
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Sends a link to the new email address and a notice to the current one. If another account uses the new email
   * address, its owner gets a notice instead of the link.
   *
   * @param owner - Account that uses the new email address, in any spelling; `null` if there is none.
   * @param tx - Transaction that has locked the account's row.
   */
  async send(user: User, newEmail: string, owner: User | null, tx: EntityManager): Promise<void> {
    const { id: userId } = user;
    const ttl = this.settings.emailChangeTtl;
    // Replaces the earlier link even if the email address is taken or its mailbox is over budget; otherwise the
    // earlier link would reveal which.
    const link = await this.tokens.issue(
      { userId, purpose: TokenPurpose.ChangeEmail, email: newEmail, ttl },
      tx,
    );
    if (owner !== null && owner.id !== userId) {
      const key = `registration-attempt ${owner.id}`;
      await this.mail.enqueue('registration-attempt', owner, {}, tx, { key });
    } else {
      const recipient = { email: newEmail, emailVerifiedAt: null };
      const key = `confirm-email-change ${userId}`;
      await this.mail.enqueue('confirm-email-change', recipient, link, tx, { key });
    }
    await this.mail.enqueue('email-change-notice', user, { newEmail }, tx);
  }
}
