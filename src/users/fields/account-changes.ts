import type { AuditType } from '../../audit/audit-types.js';
import type { AuditData } from '../../audit/new-audit-event.js';
import type { AccountEvent } from '../events/account-events.js';
import { accountFields } from './account-fields.js';
import { UserDto } from '../user.dto.js';
import type { User } from '../user.entity.js';
import { EmailVerified, RoleChanged, UserDeactivated } from '../events/user-events.js';

/** Change of an account, for the audit trail and for hosts. */
export interface AccountChange {
  trail: { type: AuditType; data: AuditData };
  /** Event for hosts; omitted if there is none for this change. */
  event?: AccountEvent;
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
      event: new RoleChanged(after.id, before.role, after.role),
    });
  if (before.isActive && !after.isActive)
    changes.push({ trail: { type: 'user_deactivated', data: {} }, event: new UserDeactivated(after.id) });
  if (!before.isActive && after.isActive) changes.push({ trail: { type: 'user_activated', data: {} } });
  const isVerified = !before.emailVerifiedAt && after.emailVerifiedAt;
  const data = changedFields(before, after);
  if (Object.keys(data).length > 0)
    changes.push({
      trail: { type: 'user_updated', data },
      ...(isVerified && { event: new EmailVerified(after) }),
    });
  return changes;
}

/** Returns the other changed fields as {@link accountFields} defines: values before and after, or only names. */
function changedFields(before: User, after: User): AuditData {
  const [old, now] = [UserDto.from(before), UserDto.from(after)];
  const told = (as: 'values' | 'name') =>
    Object.values(accountFields).flatMap(({ trail, shownAs }) =>
      trail === as && old[shownAs] !== now[shownAs] ? [shownAs] : [],
    );
  const pick = (from: UserDto) => Object.fromEntries(told('values').map((name) => [name, from[name]]));
  return {
    ...(told('values').length > 0 && { before: pick(old), after: pick(now) }),
    ...(told('name').length > 0 && { changed: told('name') }),
  };
}
