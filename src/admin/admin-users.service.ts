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

/** Admin or moderator who makes a change, and the client that sent the request. */
export interface Operator {
  principal: Principal;
  client: Client;
}

/** Input for a new account; `password` as typed. */
export interface AdminRegistration {
  username: string;
  email: string;
  /** Default: none. The user then gets an email with a link to set one, so that nobody else knows it. */
  password?: string;
  role?: RoleName;
  fullName?: string | null;
}

/** Changes to an account. */
export interface AdminChanges extends Partial<Omit<Pick<User, ChangedBy<'admin'>>, 'emailVerifiedAt'>> {
  emailVerified?: boolean;
}

/** Administers accounts for admins and moderators. Each change is audited in its own transaction. */
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
   * Creates an account.
   *
   * @throws {UsernameTakenError | EmailTakenError} if the username or the email address is taken.
   * @throws {InvalidInputError} if the password is not allowed; or if it is missing and no email can be sent to set
   *   one.
   * @throws {MailboxFullError} if the link to set the password exceeds the budget of the mailbox.
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
   * Changes an account. A deactivated user is signed out everywhere; an activated one without a password gets a link to
   * set one.
   *
   * @throws {InsufficientRoleError} if a moderator changes more than the activation of a plain user, or activates one
   *   who was not deactivated by a moderator.
   * @throws {NotFoundError} if there is no such account.
   * @throws {LastAdminError} if no active admin would be left.
   * @throws {UsernameTakenError} if another account has the new username.
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
      // If the account is already inactive, a moderator does not replace the recorded role, which decides who may
      // reactivate it.
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
   * Deletes an account: signs it out, releases its names, and erases its data after the grace period.
   *
   * @throws {NotFoundError} if there is no such account.
   * @throws {LastAdminError} if no active admin would be left.
   */
  async remove(id: string, operator: Operator): Promise<void> {
    await this.db.transaction(async (tx) => {
      const user = await this.users.lock(id, tx);
      await this.deletion.removeAs(operator.principal.userId, user, operator.client, tx);
    });
  }

  /**
   * Restores a deleted account within the grace period. The user can sign in as before; ended sessions stay ended.
   *
   * @param names - New names. Default: its own. A new email address is unverified and gets a verification link.
   * @throws {NotFoundError} if no such account was deleted.
   * @throws {InvalidInputError} if one of the names is not allowed.
   * @throws {UsernameTakenError | EmailTakenError} if the username or the email address is taken.
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
   * Disables the password of a user, ends all sessions, and sends a link to choose a new password.
   *
   * @returns whether the link is sent now; an inactive user gets it on activation.
   * @throws {NotFoundError} if there is no such account.
   * @throws {MailboxFullError} if the mailbox is over its budget.
   */
  async forcePasswordReset(id: string, operator: Operator): Promise<boolean> {
    return this.db.transaction(async (tx) => {
      const isSent = await this.passwordLinks.force(await this.users.lock(id, tx), tx);
      await this.record('authn_password_reset_requested', id, operator, { reason: 'administrator' }, tx);
      return isSent;
    });
  }

  /**
   * Ends all sessions of a user.
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

  /** Sends a password link to a user who has no password: deactivation and deletion revoked the earlier link. */
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

  /** Allows a moderator only to deactivate plain users, and to activate those that a moderator deactivated. */
  private assertMayChange(operator: Operator, user: User, changes: AdminChanges): void {
    const others = Object.values({ ...changes, isActive: undefined });
    const isUndoable = user.isActive || user.deactivatedBy === Role.Moderator;
    const isAllowed =
      user.role === Role.User &&
      others.every((value) => value === undefined) &&
      (isUndoable || !changes.isActive);
    if (!isAllowed) this.assertAdmin(operator, 'change');
  }

  /**
   * Rejects and records operators who are not admins.
   *
   * @param operation - Name for the audit trail.
   * @throws {InsufficientRoleError} unless the operator is an admin.
   */
  assertAdmin({ principal, client }: Operator, operation: string): void {
    if (principal.role === Role.Admin) return;
    const roles = [Role.Admin];
    this.refusals.forbidden(principal, `AdminUsersService.${operation}`, roles, client);
    throw new InsufficientRoleError(roles);
  }
}
