import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { UsersService } from '../../users/users.service.js';
import { AccountDeletionService } from '../account/account-deletion.service.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { InvalidMailTokenError } from '../one-time-tokens/one-time-tokens.errors.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { PrivateRegistrationService } from '../pending-registration/private-registration.service.js';

/** Removes what strangers registered with an email address, at the request of its owner. */
@Injectable()
export class DisownedRegistrationsService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly tokens: OneTimeTokens,
    private readonly privately: PrivateRegistrationService,
    private readonly deletion: AccountDeletionService,
  ) {}

  /**
   * Deletes an account that was registered with somebody else's email address, at the request of that person. This is
   * safe because nobody has verified the email address, so the account has no other verified owner. With strict
   * registration no account exists yet, and only the link is invalidated.
   *
   * @param token - Token from the message.
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
