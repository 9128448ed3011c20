import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { PrivateRegistrationService } from '../pending-registration/private-registration.service.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { type FirstWay, FirstWayService } from '../sign-in/first-way/first-way.service.js';
import { registeredFrom } from './registered-from.js';

/** Details by which the owner of an email address recognizes an account. */
export interface Registration {
  username: string;
  registeredAt: Date;
  /** Device and network of the registration, such as "Firefox on Linux, 203.0.113.0/24"; `null` if unknown. */
  origin: string | null;
}

/** Account with its verified email address. */
export interface VerifiedAccount {
  user: User;
  /** Sign-in with which it gets its first way to sign in; `null` if it has one. */
  firstWay: FirstWay | null;
}

/** Verifies email addresses with the token from a message. */
@Injectable()
export class EmailVerificationService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly tokens: OneTimeTokens,
    private readonly privately: PrivateRegistrationService,
    private readonly firstWays: FirstWayService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Returns the account of a verification link without using the link up.
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
    return { username, registeredAt: createdAt, origin: await registeredFrom(id, this.audit) };
  }

  /**
   * Marks the email address of an account as verified. With strict registration, creates the account.
   *
   * @param token - Token from the message.
   * @throws {InvalidMailTokenError} if the token is unknown, expired, used or replaced, or its user is inactive.
   * @throws {UsernameTakenError | EmailTakenError} with strict registration, if the name or the email address was taken
   *   in the meantime.
   */
  verify(token: string, client: Client): Promise<VerifiedAccount> {
    return this.db.transaction(async (tx) => {
      const user =
        (await this.privately.confirm(token, client, tx)) ?? (await this.confirm(token, client, tx));
      return { user, firstWay: await this.firstWays.open(user, tx) };
    });
  }

  /** Verifies the email address of an account that exists already. */
  private async confirm(token: string, client: Client, tx: EntityManager): Promise<User> {
    const { userId } = await this.tokens.redeem(token, TokenPurpose.VerifyEmail, tx);
    const user = await this.users.markEmailVerified(userId, tx);
    const data = { changed: ['email_verified'] };
    await this.audit.record({ type: 'user_updated', userId, actorId: userId, client, data }, tx);
    return user;
  }
}
