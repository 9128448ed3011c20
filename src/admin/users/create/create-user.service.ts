import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { AuditService } from '../../../audit/audit.service.js';
import { PasswordsService } from '../../../auth/passwords/passwords.service.js';
import type { RoleName } from '../../../settings/roles-option.js';
import type { User } from '../../../users/user.entity.js';
import { UsersService } from '../../../users/users.service.js';
import { AccessLinksService } from '../access-links.service.js';
import type { Operator } from '../operator.js';

/** Input for a new account; `password` as typed. */
export interface AdminRegistration {
  username: string;
  email: string;
  /** Default: none. The user then gets an email with a link to set one, so that nobody else knows it. */
  password?: string;
  role?: RoleName;
  fullName?: string | null;
}

/** Creates accounts on behalf of admins. */
@Injectable()
export class CreateUserService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly passwords: PasswordsService,
    private readonly links: AccessLinksService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Creates an account.
   *
   * @throws {UsernameTakenError | EmailTakenError} if the username or the email address is taken.
   * @throws {InvalidInputError} if the password is not allowed; or if it is missing and no email can be sent to set
   *   one.
   * @throws {MailboxFullError} if the link to set the password exceeds the budget of the mailbox.
   */
  async create({ password, ...account }: AdminRegistration, { principal, client }: Operator): Promise<User> {
    if (password === undefined) this.links.assertCanInvite();
    else await this.passwords.assertAcceptable(password, account);
    const passwordHash = password === undefined ? null : await this.passwords.hash(password);
    return this.db.transaction(async (tx) => {
      const user = await this.users.create({ ...account, passwordHash }, tx);
      if (passwordHash === null) await this.links.invite(user, tx);
      else await this.links.verify(user, tx);
      const event = { userId: user.id, actorId: principal.userId, client, data: { role: user.role } };
      await this.audit.record({ type: 'user_created', ...event }, tx);
      return user;
    });
  }
}
