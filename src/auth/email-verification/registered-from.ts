import type { AuditService } from '../../audit/audit.service.js';
import { registrationOrigin } from '../pending-registration/registration-origin.js';

/**
 * Returns the device and network that an account was registered from; `null` if unknown. Ignores accounts that an admin
 * created, because the client of that event is the admin's.
 */
export async function registeredFrom(userId: string, audit: AuditService): Promise<string | null> {
  const { items } = await audit.list({ userId, type: 'user_created', limit: 1 });
  const [event] = items;
  return event && event.actorId === userId ? registrationOrigin(event) : null;
}
