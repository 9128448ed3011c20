import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import type { User } from '../../users/user.entity.js';
import { PasswordLinksService } from '../password-reset/password-links.service.js';
import { AddedAccessService } from '../sign-in/added-access.service.js';

/** Removes the access of a person who had taken over an account, once its owner has it again. */
@Injectable()
export class ReclaimedAccountService {
  constructor(
    private readonly added: AddedAccessService,
    private readonly passwordLinks: PasswordLinksService,
  ) {}

  /**
   * Disables the password, which that person knew, and ends all sessions and links. Removes the second factors, passkeys,
   * recovery codes and identities that were added since the account was taken: they would let that person in again, and keep
   * the owner out. Older ones stay, because the link to choose a password proves the mailbox alone. All API keys are revoked.
   *
   * @param user - Current state of the account, whose row the transaction has locked.
   * @param since - Time at which the account was taken.
   * @throws {MailboxFullError} if the mailbox is over its budget, and cannot get the link.
   */
  async close(user: User, since: Date, client: Client, tx: EntityManager): Promise<void> {
    await this.added.remove(user, client, tx, since);
    await this.passwordLinks.force(user, tx);
  }
}
