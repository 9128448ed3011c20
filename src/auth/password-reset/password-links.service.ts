import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MailboxFullError } from '../../mail/mail.errors.js';
import { MailService } from '../../mail/mail.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { emailOf } from '../../users/service-accounts/email-of.js';
import { PasswordHashes } from '../../users/password-hashes.js';
import type { User } from '../../users/user.entity.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { canSignIn } from '../ways-in/sign-in-ways.js';
import { SignOutService } from '../sessions/sign-out.service.js';

/** Sends links with which users choose a new password or their first one. */
@Injectable()
export class PasswordLinksService {
  constructor(
    private readonly passwordHashes: PasswordHashes,
    private readonly signOut: SignOutService,
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Sends a link with which the owner chooses a password: an invitation if there is no way to sign in to the account yet.
   *
   * @param tx - Transaction that has locked the account's row.
   * @returns `false` if the mailbox is over its budget, and nothing is sent.
   */
  async send(
    user: Pick<User, 'id' | 'email' | 'emailVerifiedAt' | 'username'>,
    tx: EntityManager,
  ): Promise<boolean> {
    const { id, username } = user;
    const email = emailOf(user);
    const isFirst = !(await canSignIn(id, this.settings, tx));
    // An invitation lives longer: its reader does not expect it, and there is no access to take over yet.
    const ttl = isFirst ? this.settings.emailVerificationTtl : this.settings.passwordResetTtl;
    const issue = () =>
      this.tokens.issue({ userId: id, purpose: TokenPurpose.ResetPassword, email, ttl }, tx);
    const key = `reset-password ${id}`;
    return isFirst
      ? this.mail.enqueue('set-password', user, async () => ({ username, ...(await issue()) }), tx, { key })
      : this.mail.enqueue('reset-password', user, issue, tx, { key });
  }

  /**
   * Disables a password that somebody else may know, and ends all sessions and links. The owner gets a link to choose a
   * new password. An inactive account gets none, because the link would not work; it is sent after the account is
   * activated.
   *
   * @param user - Current state of the account; the transaction has locked its row.
   * @returns whether the link was sent.
   * @throws {MailboxFullError} if the mailbox is over its budget.
   */
  async force(user: User, tx: EntityManager): Promise<boolean> {
    const { id, isActive } = user;
    const email = emailOf(user);
    await this.passwordHashes.set(id, null, tx);
    await this.signOut.everywhere(id, SessionEnd.Administrator, tx);
    if (!isActive) return false;
    // Lives as long as an invitation: its reader does not expect it, and has no other password.
    const ttl = this.settings.emailVerificationTtl;
    const issue = () =>
      this.tokens.issue({ userId: id, purpose: TokenPurpose.ResetPassword, email, ttl }, tx);
    const key = `reset-password ${id}`;
    // Without the link the owner could no longer sign in, so everything is rolled back.
    if (!(await this.mail.enqueue('password-ended', user, issue, tx, { key }))) throw new MailboxFullError();
    return true;
  }
}
