import type { AuditType } from '../../audit/audit-types.js';
import type { AuditData } from '../../audit/new-audit-event.js';
import type { AccountEvent } from '../events/account-events.js';
import { accountFields } from './account-fields.js';
import { UserDto } from '../user.dto.js';
import type { User } from '../user.entity.js';
import {
  EmailVerified,
  RoleChanged,
  UserActivated,
  UserDeactivated,
  UserUpdated,
} from '../events/user-events.js';

/** Change of an account, for the audit trail and for hosts. */
export interface AccountChange {
  trail: { type: AuditType; data: AuditData };
  /** Events for hosts and for webhooks. */
  events: AccountEvent[];
}

/**
 * Returns the changes between two states of an account: one for the role, one for the activation, and one for all other
 * fields.
 */
export function accountChanges(before: User, after: User): AccountChange[] {
  const changes: AccountChange[] = [];
  if (before.role !== after.role)
    changes.push({
      trail: { type: 'authz_change', data: { before: before.role, after: after.role } },
      events: [new RoleChanged(after.id, before.role, after.role)],
    });
  if (before.isActive && !after.isActive)
    changes.push({ trail: { type: 'user_deactivated', data: {} }, events: [new UserDeactivated(after.id)] });
  if (!before.isActive && after.isActive)
    changes.push({ trail: { type: 'user_activated', data: {} }, events: [new UserActivated(after.id)] });
  const isVerified = !before.emailVerifiedAt && after.emailVerifiedAt;
  const changed = namesOfChanged(before, after);
  if (changed.length > 0)
    changes.push({
      trail: { type: 'user_updated', data: changedFields(before, after) },
      events: [new UserUpdated(after.id, changed), ...(isVerified ? [new EmailVerified(after)] : [])],
    });
  return changes;
}

/** Returns the names of the other changed fields, as in the API, of which {@link accountFields} tells values or names. */
function namesOfChanged(
  before: User,
  after: User,
  forms: readonly ('values' | 'name')[] = ['values', 'name'],
): (keyof UserDto)[] {
  const [old, now] = [UserDto.from(before), UserDto.from(after)];
  return Object.values(accountFields).flatMap(({ trail, shownAs }) =>
    (trail === 'values' || trail === 'name') && forms.includes(trail) && old[shownAs] !== now[shownAs]
      ? [shownAs]
      : [],
  );
}

/** Returns the other changed fields as {@link accountFields} defines: values before and after, or only names. */
function changedFields(before: User, after: User): AuditData {
  const [old, now] = [UserDto.from(before), UserDto.from(after)];
  const told = (as: 'values' | 'name') => namesOfChanged(before, after, [as]);
  const pick = (from: UserDto) => Object.fromEntries(told('values').map((name) => [name, from[name]]));
  return {
    ...(told('values').length > 0 && { before: pick(old), after: pick(now) }),
    ...(told('name').length > 0 && { changed: told('name') }),
  };
}
