import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { emailOf } from '../../users/service-accounts/email-of.js';
import { UsersService } from '../../users/users.service.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { PasswordReplacementService } from '../passwords/password-replacement.service.js';
import { AddedAccessService } from '../sign-in/added-access.service.js';
import { PasswordsService } from '../passwords/passwords.service.js';

/** Sets passwords with the token from a password link. */
@Injectable()
export class PasswordResetService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly passwords: PasswordsService,
    private readonly replacement: PasswordReplacementService,
    private readonly tokens: OneTimeTokens,
    private readonly added: AddedAccessService,
  ) {}

  /**
   * Replaces a forgotten password, ends all sessions and revokes all API keys. Also marks the email address as verified,
   * because the link was sent to it. If nobody had verified it before, all other access is removed as well: the
   * account may be that of a stranger who registered with somebody else's email address.
   *
   * @param token - Token from the message.
   * @throws {InvalidMailTokenError} if the token is unknown, expired, used or replaced, or its user is inactive.
   * @throws {InvalidInputError} if the password is not allowed; the token stays valid.
   */
  async reset(token: string, newPassword: string, client: Client): Promise<void> {
    const user = await this.tokens.ownerOf(token, TokenPurpose.ResetPassword);
    const { username } = user;
    const email = emailOf(user);
    await this.passwords.assertAcceptable(newPassword, { username, email }, ['body', 'new_password']);
    // Hashing is slow on purpose, so it happens before the transaction holds a connection.
    const passwordHash = await this.passwords.hash(newPassword);

    await this.db.transaction(async (tx) => {
      const { userId } = await this.tokens.redeem(token, TokenPurpose.ResetPassword, tx);
      const before = await this.users.get(userId, tx);
      await this.users.markEmailVerified(userId, tx);
      await this.replacement.replace(userId, passwordHash, { reason: 'reset', client }, tx);
      if (!before.emailVerifiedAt) await this.added.remove(before, client, tx);
    });
  }
}
