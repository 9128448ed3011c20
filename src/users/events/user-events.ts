import type { RoleName } from '../../settings/roles-option.js';
import { emailOf } from '../service-accounts/email-of.js';
import { AccountEvent } from './account-events.js';
import type { User } from '../user.entity.js';

/**
 * Event: an account was created, by its owner, an admin or the host's code. Not raised for accounts imported
 * by an operator's command.
 */
export class UserRegistered extends AccountEvent {
  readonly username: string;
  /** `null` for a service account. */
  readonly email: string | null;
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

  constructor(user: User) {
    super(user.id);
    this.email = emailOf(user);
  }
}

/** Event: fields of an account were changed, by its owner or by an admin. */
export class UserUpdated extends AccountEvent {
  constructor(
    userId: string,
    /** Names of the fields as in the API, such as `full_name`. */
    readonly changed: readonly string[],
  ) {
    super(userId);
  }
}

/** Event: an account has another email address, because its owner changed it, or the change was undone. */
export class EmailChanged extends AccountEvent {
  /** The new one. */
  readonly email: string;

  constructor(user: User) {
    super(user.id);
    this.email = emailOf(user);
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

/** Event: a deactivated account was activated again. */
export class UserActivated extends AccountEvent {}

/**
 * Event: an account was deleted. Its row is kept for the grace period, in which an admin can undo the
 * deletion.
 */
export class UserDeleted extends AccountEvent {
  readonly username: string;
  /** `null` for a service account. */
  readonly email: string | null;

  constructor({ id, username, email }: User) {
    super(id);
    this.username = username;
    this.email = email;
  }
}

/** Event: the deletion of an account was undone by an admin. */
export class UserRestored extends AccountEvent {}

/**
 * Event: the grace period of a deleted account ended, and its data was erased. Nothing but the id is left of it, so this is
 * when to erase what was copied elsewhere.
 */
export class UserErased extends AccountEvent {}
