import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import { JobType } from '../../jobs/job-type.js';
import { JobsService } from '../../jobs/jobs.service.js';
import { MailboxFullError } from '../../mail/mail.errors.js';
import { MailService } from '../../mail/mail.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { User } from '../../users/user.entity.js';
import { PasswordHashes } from '../../users/password-hashes.js';
import { UsersService } from '../../users/users.service.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { PasswordChangeService } from '../passwords/password-change.service.js';
import { PasswordsService } from '../passwords/passwords.service.js';
import { SessionEnd } from '../sessions/session.entity.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { randomMoment } from '../../jobs/random-moment.js';

const passwordForgotten = new JobType<{ email: string; client: Client }>('password-forgotten');

/** Lets users back in who forgot their password, and in for the first time who never had one. */
@Injectable()
export class PasswordResetService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly passwordHashes: PasswordHashes,
    private readonly passwords: PasswordsService,
    private readonly passwordChange: PasswordChangeService,
    private readonly sessions: SessionsService,
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
    private readonly jobs: JobsService,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {
    jobs.handle(passwordForgotten, async ({ email, client }, { signal }) => {
      await randomMoment(signal);
      await this.sendLinkTo(email, client);
    });
  }

  /**
   * Has a link sent to an address, if it is that of an active account.
   *
   * Whether it is, only the job finds out, so that for whoever asks nothing depends on it: neither answer nor time.
   */
  async request(email: string, client: Client): Promise<void> {
    await this.db.transaction((tx) => this.jobs.enqueue(passwordForgotten, { email, client }, tx));
  }

  /**
   * Sends a link under which the owner chooses a password: for the first time, if the account has none.
   *
   * @param tx - A transaction that holds the account's row.
   * @returns whether it will be sent: no, if the mailbox has had too many.
   */
  async sendLink(
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
    await this.sessions.endAll(id, SessionEnd.Administrator, tx);
    await this.tokens.revokeAll(id, tx);
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

  /**
   * Replaces a forgotten password. All sessions end; and since the link came to the address, it is proven.
   *
   * @param token - The secret from the mail.
   * @throws {InvalidMailTokenError} if the token is unknown, expired, used or replaced, or its user is inactive.
   * @throws {InvalidInputError} if the password is not one that may be used; then the token still is.
   */
  async reset(token: string, newPassword: string, client: Client): Promise<void> {
    const { username, email } = await this.tokens.ownerOf(token, TokenPurpose.ResetPassword);
    await this.passwords.assertAcceptable(newPassword, { username, email }, ['body', 'new_password']);
    // Hashing is slow on purpose, so it happens before the transaction holds a connection.
    const passwordHash = await this.passwords.hash(newPassword);

    await this.db.transaction(async (tx) => {
      const { userId } = await this.tokens.redeem(token, TokenPurpose.ResetPassword, tx);
      await this.users.markEmailVerified(userId, tx);
      await this.passwordChange.replace(userId, passwordHash, { reason: 'reset', client }, tx);
    });
  }

  private async sendLinkTo(email: string, client: Client): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.users.lockByEmail(email, tx);
      if (!user?.isActive) return;
      await this.sendLink(user, tx);
      const event = { userId: user.id, actorId: null, client, data: { reason: 'forgotten' } };
      await this.audit.record({ type: 'authn_password_reset_requested', ...event }, tx);
    });
  }
}
