import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { User } from '../../users/user.entity.js';
import { type NewUser, UsersService } from '../../users/users.service.js';
import { VerificationLinksService } from '../email-verification/verification-links.service.js';
import { PasswordsService } from '../passwords/passwords.service.js';
import { PrivateRegistrationService } from '../pending-registration/private-registration.service.js';
import { registrationOrigin } from '../pending-registration/registration-origin.js';

/** Input for a new account; `password` as typed. */
export interface Registration {
  username: string;
  email: string;
  password: string;
  /** Default `null`. */
  fullName?: string | null;
}

/** Creates accounts for users who register themselves. */
@Injectable()
export class RegistrationService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly passwords: PasswordsService,
    private readonly links: VerificationLinksService,
    private readonly privately: PrivateRegistrationService,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Creates an account, and sends the message to verify its email address. With strict privacy, the account
   * is created when the link in that message is opened.
   *
   * @returns the account; `null` with strict privacy, where the response does not reveal whether there will
   * be one.
   * @throws {InvalidInputError} if the password is not allowed.
   * @throws {UsernameTakenError} if the username is taken.
   * @throws {EmailTakenError} if the email address is taken; not with strict privacy, where its owner is
   * notified instead.
   */
  async register({ password, ...person }: Registration, client: Client): Promise<User | null> {
    await this.passwords.assertAcceptable(password, person);
    const passwordHash = await this.passwords.hash(password);
    const account = { ...person, passwordHash };
    if (this.settings.registrationPrivacy === 'open')
      return this.db.transaction((tx) => this.create(account, client, tx));
    await this.privately.begin(account, client);
    return null;
  }

  private async create(account: NewUser, client: Client, tx: EntityManager): Promise<User> {
    const user = await this.users.create(account, tx);
    await this.links.send(user, tx, registrationOrigin(client));
    await this.audit.record({ type: 'user_created', userId: user.id, actorId: user.id, client }, tx);
    return user;
  }
}
