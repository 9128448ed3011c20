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

/** Fields of an account that are shown. */
type ShownFields = ReturnType<typeof UserDto.fieldsOf>;

/** Fields whose changes share one audit event, with their values or only their names. */
const others = Object.values(accountFields).filter(
  (field) => field.trail === 'values' || field.trail === 'name',
);

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
  const [old, now] = [UserDto.fieldsOf(before), UserDto.fieldsOf(after)];
  const changed = others.filter(({ shownAs }) => old[shownAs] !== now[shownAs]);
  if (changed.length > 0)
    changes.push({
      trail: { type: 'user_updated', data: dataOf(changed, old, now) },
      events: [
        new UserUpdated(
          after.id,
          changed.map(({ shownAs }) => shownAs),
        ),
        ...(isVerified ? [new EmailVerified(after)] : []),
      ],
    });
  return changes;
}

/** Returns changed fields as {@link accountFields} defines: values before and after, or only names. */
function dataOf(changed: typeof others, old: ShownFields, now: ShownFields): AuditData {
  const namesOf = (as: 'values' | 'name') =>
    changed.filter(({ trail }) => trail === as).map(({ shownAs }) => shownAs);
  const [values, names] = [namesOf('values'), namesOf('name')];
  const pick = (from: ShownFields) => Object.fromEntries(values.map((name) => [name, from[name]]));
  return {
    ...(values.length > 0 && { before: pick(old), after: pick(now) }),
    ...(names.length > 0 && { changed: names }),
  };
}
