import type { EntityManager } from 'typeorm';
import { Role } from '../../settings/role.js';
import { User } from '../user.entity.js';

/** Maximum of admins that are notified of one thing. */
const MOST = 100;

/** Returns the active admins who are people, oldest first, to notify them; at most {@link MOST}. */
export function activeAdmins(tx: EntityManager): Promise<User[]> {
  return tx.find(User, {
    where: { role: Role.Admin, kind: 'person', isActive: true },
    order: { createdAt: 'ASC' },
    take: MOST,
  });
}
