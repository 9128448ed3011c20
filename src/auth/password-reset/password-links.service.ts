import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { MailboxFullError } from '../../mail/mail.errors.js';
import { MailService } from '../../mail/mail.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import { PasswordHashes } from '../../users/password-hashes.js';
import type { User } from '../../users/user.entity.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { SignOutService } from '../sessions/sign-out.service.js';

/** The links under which users choose a password: a new one, or their first. */
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
   * Sends a link under which the owner chooses a password: for the first time, if the account has none.
   *
   * @param tx - A transaction that holds the account's row.
   * @returns whether it will be sent: no, if the mailbox has had too many.
   */
  async send(
    user: Pick<User, 'id' | 'email' | 'emailVerifiedAt' | 'username'>,
    tx: EntityManager,
  ): Promise<boolean> {
    const { id, email, username } = user;
    const isFirst = (await this.passwordHashes.find(id, tx)) === null;
    // Nobody waits for an invitation, and there is nothing yet to take over.
    const ttl = isFirst ? this.settings.emailVerificationTtl : this.settings.passwordResetTtl;
    const issue = () =>
      this.tokens.issue({ userId: id, purpose: TokenPurpose.ResetPassword, email, ttl }, tx);
    const key = `reset-password ${id}`;
    return isFirst
      ? this.mail.enqueue('set-password', user, async () => ({ username, ...(await issue()) }), tx, { key })
      : this.mail.enqueue('reset-password', user, issue, tx, { key });
  }

  /**
   * Ends a password that somebody else may know, at once, with all sessions and links. The owner gets a link to choose
   * a new one; an inactive account gets it when it is active again, as it could not be used before.
   *
   * @param user - As it is, its row held by the transaction.
   * @returns whether the link was sent.
   * @throws {MailboxFullError} if the mailbox has had too many of these.
   */
  async force(user: User, tx: EntityManager): Promise<boolean> {
    const { id, email, isActive } = user;
    await this.passwordHashes.set(id, null, tx);
    await this.signOut.everywhere(id, SessionEnd.Administrator, tx);
    if (!isActive) return false;
    // As long as an invitation: nobody waits for it, and there is no password to fall back on.
    const ttl = this.settings.emailVerificationTtl;
    const issue = () =>
      this.tokens.issue({ userId: id, purpose: TokenPurpose.ResetPassword, email, ttl }, tx);
    const key = `reset-password ${id}`;
    // Without it nobody could sign in any more.
    if (!(await this.mail.enqueue('password-ended', user, issue, tx, { key }))) throw new MailboxFullError();
    return true;
  }
}
