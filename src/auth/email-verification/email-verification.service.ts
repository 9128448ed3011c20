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
import { AccountDeletionService } from '../account/account-deletion.service.js';
import { InvalidMailTokenError } from '../one-time-tokens/one-time-tokens.errors.js';
import { PrivateRegistration } from '../pending-registration/private-registration.service.js';
import { registrationOrigin } from '../pending-registration/registration-origin.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { randomMoment } from '../../jobs/random-moment.js';

/** What the owner of an address is told of the account that it was given for. */
export interface Registration {
  username: string;
  registeredAt: Date;
  /** From where, such as "Firefox on Linux, 203.0.113.0/24"; `null` if it is not known. */
  origin: string | null;
}

const verificationRequested = new JobType<{ email: string; client?: Client }>('email-verification-requested');

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
    private readonly deletion: AccountDeletionService,
    private readonly privately: PrivateRegistration,
    private readonly settings: AuthSettings,
  ) {
    jobs.handle(verificationRequested, async ({ email, client = null }, { signal }) => {
      await randomMoment(signal);
      await this.sendLinkTo(email, client);
    });
  }

  /**
   * Sends a link that proves the address of an account, unless the settings turn that off.
   *
   * @param tx - A transaction that holds the account's row.
   * @param origin - From where it was registered, for its owner to recognize it; `null` if that is not known.
   */
  async sendLink(user: User, tx: EntityManager, origin: string | null = null): Promise<void> {
    const { emailVerification, emailVerificationTtl: ttl } = this.settings;
    if (emailVerification === 'off') return;
    const { id, email, username, createdAt: registeredAt } = user;
    const issue = async () => {
      const link = await this.tokens.issue({ userId: id, purpose: TokenPurpose.VerifyEmail, email, ttl }, tx);
      return { ...link, username, registeredAt, origin };
    };
    await this.mail.enqueue('verify-email', user, issue, tx, { key: `verify-email ${id}` });
  }

  /**
   * Has the link sent again, if it is the address of an active account and not proven yet.
   *
   * Whether it is, only the job finds out, so that for whoever asks nothing depends on it: neither answer nor time.
   */
  async request(email: string, client: Client): Promise<void> {
    await this.db.transaction((tx) => this.jobs.enqueue(verificationRequested, { email, client }, tx));
  }

  /**
   * Tells what account an address was given for, before its owner says whether that is right. The token stays good.
   *
   * @throws {InvalidMailTokenError} if the token is unknown, expired, used or replaced, or its user is inactive.
   */
  async preview(token: string): Promise<Registration> {
    const attempt = await this.privately.find(token);
    if (attempt) {
      const { username, createdAt, origin } = attempt;
      return { username, registeredAt: createdAt, origin };
    }
    const { id, username, createdAt } = await this.tokens.ownerOf(token, TokenPurpose.VerifyEmail);
    return { username, registeredAt: createdAt, origin: await this.originOf(id) };
  }

  /**
   * Takes the address of an account for proven. Under strict registration it is then that the account begins.
   *
   * @param token - The secret from the mail.
   * @throws {InvalidMailTokenError} if the token is unknown, expired, used or replaced, or its user is inactive.
   * @throws {UsernameTakenError | EmailTakenError} if the account has not begun, and somebody was first.
   */
  verify(token: string, client: Client): Promise<User> {
    return this.db.transaction(async (tx) => {
      const begun = await this.privately.confirm(token, client, tx);
      if (begun) return begun;
      const { userId } = await this.tokens.redeem(token, TokenPurpose.VerifyEmail, tx);
      const user = await this.users.markEmailVerified(userId, tx);
      const data = { changed: ['email_verified'] };
      await this.audit.record({ type: 'user_updated', userId, actorId: userId, client, data }, tx);
      return user;
    });
  }

  /**
   * Deletes an account that somebody made with an address of others, for the owner of the address, who says so: it is
   * free at once. As its address was never verified, it can have no other owner to lose it. Of one that has begun under
   * strict registration only the link ends.
   *
   * @param token - The secret from the mail.
   * @throws {InvalidMailTokenError} if the token is unknown, expired, used or replaced, or its user is inactive.
   * @throws {LastAdminError} if no active admin would be left.
   */
  async disown(token: string, client: Client): Promise<void> {
    await this.db.transaction(async (tx) => {
      if (await this.privately.refuse(token, tx)) return;
      const { userId } = await this.tokens.redeem(token, TokenPurpose.VerifyEmail, tx);
      const user = await this.users.get(userId, tx);
      if (user.emailVerifiedAt) throw new InvalidMailTokenError();
      await this.deletion.removeAs(null, user, client, tx, { reason: 'disowned' });
    });
  }

  /** Only what its owner did tells of the owner: not what an admin who made the account works with. */
  private async originOf(userId: string): Promise<string | null> {
    const { items } = await this.audit.list({ userId, type: 'user_created', limit: 1 });
    const [event] = items;
    return event && event.actorId === userId ? registrationOrigin(event) : null;
  }

  private async sendLinkTo(email: string, client: Client | null): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.users.lockByEmail(email, tx);
      if (!user) await this.privately.resend(email, tx);
      else if (user.isActive && !user.emailVerifiedAt) {
        await this.sendLink(user, tx, await this.originOf(user.id));
        const event = { userId: user.id, actorId: null, client };
        await this.audit.record({ type: 'authn_email_verification_requested', ...event }, tx);
      }
    });
  }
}
