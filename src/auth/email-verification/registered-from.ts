import type { AuditService } from '../../audit/audit.service.js';
import { registrationOrigin } from '../pending-registration/registration-origin.js';

/** Only what its owner did tells of the owner: not what an admin who made the account works with. */
export async function registeredFrom(userId: string, audit: AuditService): Promise<string | null> {
  const { items } = await audit.list({ userId, type: 'user_created', limit: 1 });
  const [event] = items;
  return event && event.actorId === userId ? registrationOrigin(event) : null;
}
