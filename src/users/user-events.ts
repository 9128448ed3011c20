import type { RoleName } from '../settings/roles-option.js';
import { AccountEvent } from './account-events.js';
import type { User } from './user.entity.js';

/**
 * There is a new account: its owner has registered, or an administrator or code of the host has made it. It is not told
 * of the many that an operator's command brings in.
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

/** The address of an account was proven, or an administrator vouches for it. */
export class EmailVerified extends AccountEvent {
  readonly email: string;

  constructor({ id, email }: User) {
    super(id);
    this.email = email;
  }
}

/** An account has another role. */
export class RoleChanged extends AccountEvent {
  constructor(
    userId: string,
    readonly before: RoleName,
    readonly after: RoleName,
  ) {
    super(userId);
  }
}

/** An account was deactivated. Its user cannot sign in. */
export class UserDeactivated extends AccountEvent {}

/** An account was deleted. Its row stays for the days of grace, in which an administrator can undo it. */
export class UserDeleted extends AccountEvent {
  readonly username: string;
  readonly email: string;

  constructor({ id, username, email }: User) {
    super(id);
    this.username = username;
    this.email = email;
  }
}

/** The events that a change of an account's row is. */
export function eventsOf(before: User, after: User): AccountEvent[] {
  const events: AccountEvent[] = [];
  if (before.role !== after.role) events.push(new RoleChanged(after.id, before.role, after.role));
  if (before.isActive && !after.isActive) events.push(new UserDeactivated(after.id));
  if (!before.emailVerifiedAt && after.emailVerifiedAt) events.push(new EmailVerified(after));
  return events;
}
