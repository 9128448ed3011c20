import type { AuditType } from '../../audit/audit-types.js';
import type { AuditData } from '../../audit/new-audit-event.js';
import type { AccountEvent } from '../events/account-events.js';
import { accountFields } from './account-fields.js';
import { UserDto } from '../user.dto.js';
import type { User } from '../user.entity.js';
import { EmailVerified, RoleChanged, UserDeactivated } from '../events/user-events.js';

/** One change of an account, as the audit trail and hosts hear of it. */
export interface AccountChange {
  trail: { type: AuditType; data: AuditData };
  /** Left out if hosts do not hear of it. */
  event?: AccountEvent;
}

/** What an update changed of an account: one change of the role, one of the activation, one of all else. */
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

/** What else changed, as {@link accountFields} wants it told: values before and after, or names alone. */
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
