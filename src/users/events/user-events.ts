import type { RoleName } from '../../settings/roles-option.js';
import { AccountEvent } from './account-events.js';
import type { User } from '../user.entity.js';

/**
 * Event: an account was created, by its owner, an admin or the host's code. Not raised for accounts imported
 * by an operator's command.
 */
export class UserRegistered extends AccountEvent {
  readonly username: string;
  readonly email: string;
  /** `null` if none was given. */
  readonly fullName: string | null;
  readonly role: RoleName;

  constructor({ id, username, email, fullName, role }: User) {
    super(id);
    this.username = username;
    this.email = email;
    this.fullName = fullName;
    this.role = role;
  }
}

/** Event: the email address of an account was verified, by its owner or by an admin. */
export class EmailVerified extends AccountEvent {
  readonly email: string;

  constructor({ id, email }: User) {
    super(id);
    this.email = email;
  }
}

/** Event: the role of an account was changed. */
export class RoleChanged extends AccountEvent {
  constructor(
    userId: string,
    readonly before: RoleName,
    readonly after: RoleName,
  ) {
    super(userId);
  }
}

/** Event: an account was deactivated. Its user can no longer sign in. */
export class UserDeactivated extends AccountEvent {}

/**
 * Event: an account was deleted. Its row is kept for the grace period, in which an admin can undo the
 * deletion.
 */
export class UserDeleted extends AccountEvent {
  readonly username: string;
  readonly email: string;

  constructor({ id, username, email }: User) {
    super(id);
    this.username = username;
    this.email = email;
  }
}
