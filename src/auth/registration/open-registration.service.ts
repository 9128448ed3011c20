import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Client } from '../../access/client.decorator.js';
import { AuditService } from '../../audit/audit.service.js';
import type { User } from '../../users/user.entity.js';
import { type NewUser, UsersService } from '../../users/users.service.js';
import { VerificationLinksService } from '../email-verification/verification-links.service.js';
import { registrationOrigin } from '../pending-registration/registration-origin.js';

/** Registration without strict privacy: the account exists at once, and its owner may learn that a name is taken. */
@Injectable()
export class OpenRegistrationService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly links: VerificationLinksService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Creates an account, and sends the message to verify its email address.
   *
   * @throws {UsernameTakenError | EmailTakenError} if the username or the email address is taken.
   */
  async create(account: NewUser, client: Client): Promise<User> {
    return this.db.transaction(async (tx) => {
      const user = await this.users.create(account, tx);
      await this.links.send(user, tx, registrationOrigin(client));
      await this.audit.record({ type: 'user_created', userId: user.id, actorId: user.id, client }, tx);
      return user;
    });
  }
}
