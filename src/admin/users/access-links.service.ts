import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { VerificationLinksService } from '../../auth/email-verification/verification-links.service.js';
import { PasswordLinksService } from '../../auth/password-reset/password-links.service.js';
import { canSignIn } from '../../auth/ways-in/sign-in-ways.js';
import { InvalidInputError } from '../../http/problem/problem.js';
import { MailboxFullError } from '../../mail/mail.errors.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { User } from '../../users/user.entity.js';

const PASSWORD_NEEDED = {
  loc: ['body', 'password'],
  code: 'missing',
  msg: 'A password is required because this service does not send email.',
};

/** Sends the links that users need to sign in to an account that an admin created, activated or restored. */
@Injectable()
export class AccessLinksService {
  constructor(
    private readonly passwordLinks: PasswordLinksService,
    private readonly verificationLinks: VerificationLinksService,
    private readonly settings: AuthSettings,
  ) {}

  /** @throws {InvalidInputError} if no email is sent, so that an account without a password could not be used. */
  assertCanInvite(): void {
    if (!this.settings.features.mail) throw new InvalidInputError([PASSWORD_NEEDED]);
  }

  /**
   * Sends a link to set the first password of a new account.
   *
   * @throws {MailboxFullError} if the mailbox is over its budget: without the link, the account could not be used.
   */
  async invite(user: User, tx: EntityManager): Promise<void> {
    if (!(await this.passwordLinks.send(user, tx))) throw new MailboxFullError();
  }

  /** Sends a link to verify the email address, unless verification is off. */
  async verify(user: User, tx: EntityManager): Promise<void> {
    await this.verificationLinks.send(user, tx);
  }

  /** Sends a password link to a person who cannot sign in otherwise: deactivation and deletion revoked the earlier link. */
  async inviteAgain(user: User, tx: EntityManager): Promise<void> {
    if (user.kind === 'person' && !(await canSignIn(user.id, this.settings, tx)))
      await this.passwordLinks.send(user, tx);
  }
}
