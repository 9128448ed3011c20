import type { AuditType } from '../audit/audit-types.js';
import type { AuditData } from '../audit/new-audit-event.js';
import type { User } from './user.entity.js';

/** A change of an account, as the audit trail tells it. */
export interface UserChangeEvent {
  type: AuditType;
  data: AuditData;
}

/** What the trail tells of a change: an event for the role, one for the activation, one for all else. */
export function userChangeEvents(before: User, after: User): UserChangeEvent[] {
  const events: UserChangeEvent[] = [];
  if (before.role !== after.role)
    events.push({ type: 'authz_change', data: { before: before.role, after: after.role } });
  if (before.isActive !== after.isActive)
    events.push({ type: after.isActive ? 'user_activated' : 'user_deactivated', data: {} });
  const facts = (user: User) => ({
    username: user.username,
    full_name: user.fullName,
    email_verified: user.emailVerifiedAt !== null,
  });
  const [old, now] = [facts(before), facts(after)];
  const changed = (Object.keys(old) as (keyof typeof old)[]).filter((key) => old[key] !== now[key]);
  if (changed.length > 0) {
    const pick = (from: typeof old) => Object.fromEntries(changed.map((key) => [key, from[key]]));
    events.push({ type: 'user_updated', data: { before: pick(old), after: pick(now) } });
  }
  return events;
}
