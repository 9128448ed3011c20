import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import type { SessionPrincipal } from '../../access/principal.js';
import { UsersService } from '../../users/users.service.js';
import { Reauthentication } from '../passwords/reauthentication.js';
import { EmailChangeLinksService } from './email-change-links.service.js';

/** Starts changes of email addresses, which take effect once the new address is confirmed. */
@Injectable()
export class EmailChangeRequestsService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly reauthentication: Reauthentication,
    private readonly users: UsersService,
    private readonly links: EmailChangeLinksService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Sends a link to the new email address and a notice to the current one. If another account uses the new email
   * address, its owner gets a notice instead of the link; the caller cannot tell the difference.
   *
   * @param currentPassword - Proof that the owner sends the request; `undefined` if a recent sign-in is the proof.
   * @throws {ReauthenticationRequiredError} if there is neither.
   * @throws {InvalidCredentialsError} if the current password is wrong.
   * @throws {TooManyRequestsError} after too many wrong passwords.
   */
  async request(
    principal: SessionPrincipal,
    newEmail: string,
    currentPassword: string | undefined,
    client: Client,
  ): Promise<void> {
    const checked = await this.reauthentication.confirm(principal, currentPassword, client);
    const { userId } = principal;
    const owner = await this.users.findByLogin(newEmail);
    await this.db.transaction(async (tx) => {
      await this.reauthentication.hold(checked, tx);
      await this.links.send(checked.user, newEmail, owner, tx);
      const event = { userId, actorId: userId, client };
      await this.audit.record({ type: 'authn_email_change_requested', ...event }, tx);
    });
  }
}
