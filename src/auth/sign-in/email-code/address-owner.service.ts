import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../../../access/client.decorator.js';
import { AuditService } from '../../../audit/audit.service.js';
import { PasswordHashes } from '../../../users/password-hashes.js';
import type { User } from '../../../users/user.entity.js';
import { UsersService } from '../../../users/users.service.js';
import { SessionEnd } from '../../sessions/session.entity.js';
import { SignOutService } from '../../sessions/sign-out.service.js';
import { AddedAccessService } from '../added-access.service.js';

/** Hands an account over to the owner of its email address, which nobody has verified before. */
@Injectable()
export class AddressOwnerService {
  constructor(
    private readonly users: UsersService,
    private readonly passwordHashes: PasswordHashes,
    private readonly signOut: SignOutService,
    private readonly added: AddedAccessService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Verifies the email address, and removes what somebody else may have left in the account, who registered with an
   * address that is not theirs: the password, the second factors, the identities at providers, all sessions, links and API keys.
   *
   * @param user - Current state of the account, whose row the transaction has locked.
   */
  async takeOver(user: User, client: Client, tx: EntityManager): Promise<void> {
    const { id } = user;
    await this.passwordHashes.set(id, null, tx);
    // First, so that the sessions end for this reason.
    await this.signOut.everywhere(id, SessionEnd.PasswordChanged, tx);
    await this.added.remove(user, client, tx);
    await this.users.markEmailVerified(id, tx);
    const data = { changed: ['email_verified', 'password'] };
    await this.audit.record({ type: 'user_updated', userId: id, actorId: id, client, data }, tx);
  }
}
