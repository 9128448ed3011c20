import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Role } from '../../../settings/role.js';
import { SessionEnd } from '../../../auth/sessions/session.entity.js';
import { SignOutService } from '../../../auth/sessions/sign-out.service.js';
import type { ChangedBy } from '../../../users/fields/account-fields.js';
import { UserChangesService } from '../../../users/user-changes.service.js';
import type { User } from '../../../users/user.entity.js';
import { UsersService } from '../../../users/users.service.js';
import { ServiceAccountError } from '../../../users/users.errors.js';
import { AccessLinksService } from '../access-links.service.js';
import { AdminCheck } from '../admin-check.js';
import type { Operator } from '../operator.js';

/** Changes to an account. */
export interface AdminChanges extends Partial<Omit<Pick<User, ChangedBy<'admin'>>, 'emailVerifiedAt'>> {
  emailVerified?: boolean;
}

/** Changes accounts on behalf of admins and moderators. */
@Injectable()
export class ChangeUserService {
  constructor(
    @InjectDataSource() private readonly db: DataSource,
    private readonly users: UsersService,
    private readonly changes: UserChangesService,
    private readonly signOut: SignOutService,
    private readonly links: AccessLinksService,
    private readonly adminCheck: AdminCheck,
  ) {}

  /**
   * Changes an account. A deactivated user is signed out everywhere; an activated one without a password gets a link to
   * set one.
   *
   * @throws {InsufficientRoleError} if a moderator changes more than the activation of a plain user, or activates one
   *   who was not deactivated by a moderator.
   * @throws {NotFoundError} if there is no such account.
   * @throws {ServiceAccountError} if the email address of a service account is to be verified.
   * @throws {LastAdminError} if no active admin would be left.
   * @throws {UsernameTakenError} if another account has the new username.
   */
  async change(id: string, { emailVerified, ...changes }: AdminChanges, operator: Operator): Promise<User> {
    const { principal, client } = operator;
    return this.db.transaction(async (tx) => {
      const before = await this.users.lock(id, tx);
      this.assertMayChange(operator, before, { ...changes, emailVerified });
      if (before.kind === 'service' && emailVerified !== undefined) throw new ServiceAccountError();
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
      if (before.isActive && !user.isActive)
        await this.signOut.everywhere(id, SessionEnd.UserDeactivated, tx);
      if (!before.isActive && user.isActive) await this.links.inviteAgain(user, tx);
      await this.changes.tell(before, user, { actorId: principal.userId, client }, tx);
      return user;
    });
  }

  /** Allows a moderator only to deactivate plain users, and to activate those that a moderator deactivated. */
  private assertMayChange(operator: Operator, user: User, changes: AdminChanges): void {
    const others = Object.values({ ...changes, isActive: undefined });
    const isUndoable = user.isActive || user.deactivatedBy === Role.Moderator;
    const isAllowed =
      user.role === Role.User &&
      others.every((value) => value === undefined) &&
      (isUndoable || !changes.isActive);
    if (!isAllowed) this.adminCheck.assertAdmin(operator, 'ChangeUserService.change');
  }
}
