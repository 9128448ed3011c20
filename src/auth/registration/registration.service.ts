import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditService } from '../../audit/audit.service.js';
import type { Client } from '../../access/client.decorator.js';
import { MailService } from '../../mail/mail.service.js';
import { AuthSettings } from '../../settings/auth-settings.js';
import type { User } from '../../users/user.entity.js';
import { EmailTakenError, UsernameTakenError } from '../../users/users.errors.js';
import { type NewUser, UsersService } from '../../users/users.service.js';
import { EmailVerificationService } from '../email-verification/email-verification.service.js';
import { PasswordsService } from '../passwords/passwords.service.js';

/** What somebody gives to get an account; `password` as typed. */
export interface Registration {
  username: string;
  email: string;
  password: string;
  /** Default `null`. */
  fullName?: string | null;
}

/** Makes accounts for people who come by themselves. */
@Injectable()
export class RegistrationService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly passwords: PasswordsService,
    private readonly verification: EmailVerificationService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Makes an account, and sends the mail by which its address is proven.
   *
   * @returns the account; `null` under strict privacy, where nobody is told whether there is a new one.
   * @throws {InvalidInputError} if the password is not one that may be used.
   * @throws {UsernameTakenError} if somebody has the name.
   * @throws {EmailTakenError} if somebody has the address; not under strict privacy, where its owner is told instead.
   */
  async register({ password, ...person }: Registration, client: Client): Promise<User | null> {
    await this.passwords.assertAcceptable(password, person);
    const passwordHash = await this.passwords.hash(password);
    const account = { ...person, passwordHash };
    return this.db.transaction(async (tx) => {
      if (this.settings.registrationPrivacy === 'open') return this.create(account, client, tx);
      await this.createInSilence(account, client, tx);
      return null;
    });
  }

  private async create(account: NewUser, client: Client, tx: EntityManager): Promise<User> {
    const user = await this.users.create(account, tx);
    await this.verification.sendLink(user, tx);
    await this.audit.record({ type: 'user_created', userId: user.id, actorId: user.id, client }, tx);
    return user;
  }

  private async createInSilence(account: NewUser, client: Client, tx: EntityManager): Promise<void> {
    try {
      // Within a savepoint, so that the transaction can go on if the address is taken.
      await tx.transaction((attempt) => this.create(account, client, attempt));
    } catch (error) {
      if (!(error instanceof EmailTakenError)) throw error;
      // Where both are taken, it is left to Postgres which it reports; here it must not depend on the address.
      if (await this.users.findByLogin(account.username, tx)) throw new UsernameTakenError();
      const owner = await this.users.findByLogin(account.email, tx);
      const key = `registration-attempt ${owner?.id}`;
      if (owner) await this.mail.enqueue('registration-attempt', owner, {}, tx, { key });
    }
  }
}
