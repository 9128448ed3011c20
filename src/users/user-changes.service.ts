import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Client } from '../access/client.decorator.js';
import { AuditService } from '../audit/audit.service.js';
import type { AuditType } from '../audit/audit-types.js';
import type { AuditData } from '../audit/new-audit-event.js';
import { MailService } from '../mail/mail.service.js';
import type { User } from './user.entity.js';

/** Tells of what somebody changed of an account, whoever it was. */
@Injectable()
export class UserChangesService {
  constructor(
    private readonly audit: AuditService,
    private readonly mail: MailService,
  ) {}

  /** Records the changes in the audit trail, and mails the user about a new name to sign in with. */
  async tell(
    before: User,
    after: User,
    { actorId, client }: { actorId: string; client: Client },
    tx: EntityManager,
  ): Promise<void> {
    for (const event of changeEvents(before, after))
      await this.audit.record({ ...event, userId: after.id, actorId, client }, tx);
    if (before.username !== after.username)
      await this.mail.enqueue('username-changed', after, { changedAt: new Date() }, tx);
  }
}

/** An event for the role, one for the activation, one for all else. */
function changeEvents(before: User, after: User): { type: AuditType; data: AuditData }[] {
  const events: { type: AuditType; data: AuditData }[] = [];
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
