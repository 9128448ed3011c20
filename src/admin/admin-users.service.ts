import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { InsufficientRoleError } from '../access/access.errors.js';
import type { Client } from '../access/client.decorator.js';
import type { Principal } from '../access/principal.js';
import { Role } from '../access/role.js';
import type { RoleName } from '../settings/roles-option.js';
import { RefusalRecorder } from '../audit/refusals/refusal-recorder.js';
import { AuditService } from '../audit/audit.service.js';
import type { AuditType } from '../audit/audit-types.js';
import type { AuditData } from '../audit/new-audit-event.js';
import { AccountDeletionService } from '../auth/account/account-deletion.service.js';
import { VerificationLinksService } from '../auth/email-verification/verification-links.service.js';
import { SignOutService } from '../auth/sessions/sign-out.service.js';
import { PasswordLinksService } from '../auth/password-reset/password-links.service.js';
import { PasswordsService } from '../auth/passwords/passwords.service.js';
import { SessionEnd } from '../auth/sessions/session.entity.js';
import { SessionsService } from '../auth/sessions/sessions.service.js';
import { MailboxFullError } from '../mail/mail.errors.js';
import { MailService } from '../mail/mail.service.js';
import { canonicalEmail } from '../names/canonical.js';
import { InvalidInputError } from '../http/problem/problem.js';
import { AuthSettings } from '../settings/auth-settings.js';
import type { ChangedBy } from '../users/fields/account-fields.js';
import type { User } from '../users/user.entity.js';
import { PasswordHashes } from '../users/password-hashes.js';
import { UserChangesService } from '../users/user-changes.service.js';
import { DeletedUsersService, type RestoredNames } from '../users/deleted-users.service.js';
import { UsersService } from '../users/users.service.js';

const PASSWORD_NEEDED = {
  loc: ['body', 'password'],
  code: 'missing',
  msg: 'A password is required because this service does not send email.',
};

/** Who does it, and from where. */
export interface Operator {
  principal: Principal;
  client: Client;
}

/** An account that an administrator makes; `password` as typed. */
export interface AdminRegistration {
  username: string;
  email: string;
  /** Left out, a mail goes out with a link to set one: then nobody but the owner ever knows it. */
  password?: string;
  role?: RoleName;
  fullName?: string | null;
}

/** What an administrator changes of an account. */
export interface AdminChanges extends Partial<Omit<Pick<User, ChangedBy<'admin'>>, 'emailVerifiedAt'>> {
  emailVerified?: boolean;
}

/** What administrators and moderators do to other people's accounts. Each change is audited in its own transaction. */
@Injectable()
export class AdminUsersService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly deleted: DeletedUsersService,
    private readonly changes: UserChangesService,
    private readonly sessions: SessionsService,
    private readonly passwordHashes: PasswordHashes,
    private readonly passwords: PasswordsService,
    private readonly passwordLinks: PasswordLinksService,
    private readonly verificationLinks: VerificationLinksService,
    private readonly deletion: AccountDeletionService,
    private readonly signOut: SignOutService,
    private readonly mail: MailService,
    private readonly audit: AuditService,
    private readonly refusals: RefusalRecorder,
    private readonly settings: AuthSettings,
  ) {}

  /**
   * Makes an account.
   *
   * @throws {UsernameTakenError | EmailTakenError} if somebody has the name or the address.
   * @throws {InvalidInputError} if the password is not one that may be used; or if there is none, nor mail to set one.
   * @throws {MailboxFullError} if a link to set the password cannot be sent, as the mailbox has had too many.
   */
  async create({ password, ...account }: AdminRegistration, operator: Operator): Promise<User> {
    if (password === undefined && !this.settings.features.mail)
      throw new InvalidInputError([PASSWORD_NEEDED]);
    if (password !== undefined) await this.passwords.assertAcceptable(password, account);
    const passwordHash = password === undefined ? null : await this.passwords.hash(password);
    return this.db.transaction(async (tx) => {
      const user = await this.users.create({ ...account, passwordHash }, tx);
      if (passwordHash !== null) await this.verificationLinks.send(user, tx);
      else if (!(await this.passwordLinks.send(user, tx))) throw new MailboxFullError();
      await this.record('user_created', user.id, operator, { role: user.role }, tx);
      return user;
    });
  }

  /**
   * Changes an account. Whoever is deactivated is signed out everywhere.
   *
   * @throws {InsufficientRoleError} if a moderator changes more than the activation of a plain user, or activates one
   *   whom no moderator has deactivated.
   * @throws {NotFoundError} if there is no such account.
   * @throws {LastAdminError} if no active administrator would be left.
   * @throws {UsernameTakenError} if another account has the new name.
   */
  async change(id: string, { emailVerified, ...changes }: AdminChanges, operator: Operator): Promise<User> {
    const { principal, client } = operator;
    return this.db.transaction(async (tx) => {
      const before = await this.users.lock(id, tx);
      this.assertMayChange(operator, before, { ...changes, emailVerified });
      const emailVerifiedAt =
        emailVerified === undefined
          ? undefined
          : emailVerified
            ? (before.emailVerifiedAt ?? new Date())
            : null;
      const { role } = principal;
      // A moderator who deactivates what is inactive already takes nothing over.
      const deactivatedBy = role === Role.Admin || before.isActive ? role : before.deactivatedBy;
      const user = await this.users.update(id, { ...changes, emailVerifiedAt, deactivatedBy }, tx);
      if (before.isActive && !user.isActive) {
        await this.signOut.everywhere(id, SessionEnd.UserDeactivated, tx);
        await this.mail.enqueue('account-deactivated', user, {}, tx);
      }
      if (!before.isActive && user.isActive) await this.helpIn(user, tx);
      await this.changes.tell(before, user, { actorId: principal.userId, client }, tx);
      return user;
    });
  }

  /**
   * Deletes an account: it is signed out at once, its name and address are free, its data goes after the days of grace.
   *
   * @throws {NotFoundError} if there is no such account.
   * @throws {LastAdminError} if no active administrator would be left.
   */
  async remove(id: string, operator: Operator): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.users.lock(id, tx);
      await this.deletion.removeAs(operator.principal.userId, user, operator.client, tx);
    });
  }

  /**
   * Undoes a deletion within the days of grace. The user signs in as before; ended sessions stay ended.
   *
   * @param names - Under which it comes back, if not under its own. Another address is not verified, and gets a link for that.
   * @throws {NotFoundError} if no such account was deleted.
   * @throws {InvalidInputError} if no account can have the names.
   * @throws {UsernameTakenError | EmailTakenError} if somebody has the name or the address.
   */
  async restore(id: string, names: RestoredNames, operator: Operator): Promise<User> {
    return this.db.transaction(async (tx) => {
      const { before, user } = await this.deleted.restore(id, names, tx);
      const hasMoved = canonicalEmail(before.email) !== canonicalEmail(user.email);
      if (hasMoved && user.isActive) await this.verificationLinks.send(user, tx);
      if (before.username !== user.username)
        await this.mail.enqueue('username-changed', user, { changedAt: new Date() }, tx);
      if (user.isActive) await this.helpIn(user, tx);
      const renamed = before.username !== user.username && {
        before: { username: before.username },
        after: { username: user.username },
      };
      const data = { ...renamed, ...(hasMoved && { changed: ['email'] }) };
      await this.record('user_restored', id, operator, data, tx);
      return user;
    });
  }

  /**
   * Has a user choose a new password: the old one ends, they are signed out everywhere and get a mail with a link.
   *
   * @returns whether the mail goes out now; to an inactive user it goes with the activation.
   * @throws {NotFoundError} if there is no such account.
   * @throws {MailboxFullError} if the mailbox has had too many of these.
   */
  async forcePasswordReset(id: string, operator: Operator): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const isSent = await this.passwordLinks.force(await this.users.lock(id, tx), tx);
      await this.record('authn_password_reset_requested', id, operator, { reason: 'administrator' }, tx);
      return isSent;
    });
  }

  /**
   * Signs a user out everywhere.
   *
   * @throws {NotFoundError} if there is no such account.
   */
  async endSessions(id: string, operator: Operator): Promise<void> {
    await this.db.transaction(async (tx) => {
      await this.users.lock(id, tx);
      await this.sessions.endAll(id, SessionEnd.Administrator, tx);
      await this.record('session_expired', id, operator, { reason: SessionEnd.Administrator }, tx);
    });
  }

  /** Links end when an account does. Who has no password to sign in with gets another. */
  private async helpIn(user: User, tx: EntityManager): Promise<void> {
    if ((await this.passwordHashes.find(user.id, tx)) === null) await this.passwordLinks.send(user, tx);
  }

  private record(
    type: AuditType,
    userId: string,
    { principal, client }: Operator,
    data: AuditData,
    tx: EntityManager,
  ) {
    return this.audit.record({ type, userId, actorId: principal.userId, client, data }, tx);
  }

  /** A moderator only deactivates plain users, and activates those that a moderator has deactivated. */
  private assertMayChange(operator: Operator, user: User, changes: AdminChanges): void {
    const others = Object.values({ ...changes, isActive: undefined });
    const isUndoable = user.isActive || user.deactivatedBy === Role.Moderator;
    const isAllowed =
      user.role === Role.User &&
      others.every((value) => value === undefined) &&
      (isUndoable || !changes.isActive);
    if (!isAllowed) this.assertAdmin(operator, 'change');
  }

  /** @throws {InsufficientRoleError} unless it is an admin who asks. */
  assertAdmin({ principal, client }: Operator, operation: string): void {
    if (principal.role === Role.Admin) return;
    const roles = [Role.Admin];
    this.refusals.forbidden(principal, `AdminUsersService.${operation}`, roles, client);
    throw new InsufficientRoleError(roles);
  }
}
