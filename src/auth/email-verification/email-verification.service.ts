import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import type { User } from '../../users/user.entity.js';
import { UsersService } from '../../users/users.service.js';
import { AccountDeletionService } from '../account/account-deletion.service.js';
import { InvalidMailTokenError } from '../one-time-tokens/one-time-tokens.errors.js';
import { PrivateRegistrationService } from '../pending-registration/private-registration.service.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { registeredFrom } from './registered-from.js';

/** What the owner of an address is told of the account that it was given for. */
export interface Registration {
  username: string;
  registeredAt: Date;
  /** From where, such as "Firefox on Linux, 203.0.113.0/24"; `null` if it is not known. */
  origin: string | null;
}

/** Finds out whether users read mail at the address that they gave. */
@Injectable()
export class EmailVerificationService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly tokens: OneTimeTokens,
    private readonly privately: PrivateRegistrationService,
    private readonly deletion: AccountDeletionService,
    private readonly audit: AuditService,
  ) {}

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
    return { username, registeredAt: createdAt, origin: await registeredFrom(id, this.audit) };
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
}
