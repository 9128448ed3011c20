import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import type { Principal } from '../../access/principal.js';
import { MailService } from '../../mail/mail.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { User } from '../../users/user.entity.js';
import { PasswordHashes } from '../../users/password-hashes.js';
import { UsersService } from '../../users/users.service.js';
import { EmailUndos } from '../../users/email-undos.js';
import { TokenPurpose } from '../one-time-tokens/one-time-token.entity.js';
import { hashOf, newToken, OneTimeTokens } from '../one-time-tokens/one-time-tokens.js';
import { Reauthentication } from '../passwords/reauthentication.js';
import { InvalidCredentialsError } from '../passwords/passwords.errors.js';

/** Moves an account to another address, once somebody who reads mail there agrees. */
@Injectable()
export class EmailChangeService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly reauthentication: Reauthentication,
    private readonly users: UsersService,
    private readonly passwordHashes: PasswordHashes,
    private readonly tokens: OneTimeTokens,
    private readonly undos: EmailUndos,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Sends a link to the new address, and a notice to the present one. If another account has the address, its owner is
   * told instead, and nobody else.
   *
   * @throws {InvalidCredentialsError} if the current password is wrong.
   */
  async request(
    principal: Principal,
    newEmail: string,
    currentPassword: string,
    client: Client,
  ): Promise<void> {
    const checked = await this.reauthentication.confirm(principal, currentPassword, client);
    const { userId } = principal;
    const owner = await this.users.findByLogin(newEmail);
    const isTaken = owner !== null && owner.id !== userId;
    const ttl = this.settings.emailChangeTtl;

    await this.db.transaction(async (tx) => {
      if (!(await this.passwordHashes.lockUnlessChanged(checked, tx))) throw new InvalidCredentialsError();
      // Also for an address that is taken: then nobody gets to know it, and the work is the same.
      const issue = () =>
        this.tokens.issue({ userId, purpose: TokenPurpose.ChangeEmail, email: newEmail, ttl }, tx);
      if (isTaken) {
        await issue();
        const key = `registration-attempt ${owner.id}`;
        await this.mail.enqueue('registration-attempt', owner, {}, tx, { key });
      } else {
        const recipient = { email: newEmail, emailVerifiedAt: null };
        const key = `confirm-email-change ${userId}`;
        await this.mail.enqueue('confirm-email-change', recipient, issue, tx, { key });
      }
      await this.mail.enqueue('email-change-notice', checked.user, { newEmail }, tx);
      const event = { userId, actorId: userId, client };
      await this.audit.record({ type: 'authn_email_change_requested', ...event }, tx);
    });
  }

  /**
   * Gives the account its new address, which is proven by that. Sessions go on; links that went to the old address end, but for
   * one to undo the change, for 7 days.
   *
   * @param token - The secret from the mail to the new address.
   * @throws {InvalidMailTokenError} if the token is unknown, expired, used or replaced, or its user is inactive.
   * @throws {EmailTakenError} if another account has got the address in the meantime.
   */
  confirm(token: string, client: Client): Promise<User> {
    return this.db.transaction(async (tx) => {
      const { userId, email: newEmail } = await this.tokens.redeem(token, TokenPurpose.ChangeEmail, tx);
      const before = await this.users.get(userId, tx);
      const user = await this.users.changeEmail(userId, newEmail, tx);
      await this.tokens.revokeAll(userId, tx);
      // Only a mailbox that was shown to be the owner's gets it, and only such a one may undo the change.
      const allowUndo = async () => {
        const undo = newToken();
        const expiresAt = await this.undos.allow(userId, before.email, hashOf(undo), tx);
        return { newEmail, changedAt: new Date(), token: undo, expiresAt };
      };
      await this.mail.enqueue('email-changed', before, allowUndo, tx);
      const data = { changed: ['email'] };
      await this.audit.record({ type: 'user_updated', userId, actorId: userId, client, data }, tx);
      return user;
    });
  }
}
