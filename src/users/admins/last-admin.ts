import type { EntityManager } from 'typeorm';
import { LastAdminError } from '../users.errors.js';

/**
 * Ensures that there is an active admin besides this account. Service accounts do not count, since none of them can sign in. The rows of all admins are locked in one
 * order: if admins demote each other at the same moment, the second waits and then counts again. Counting
 * without a lock left no admin in nearly every round.
 */
export async function keepAnAdminBeside(id: string, tx: EntityManager): Promise<void> {
  const admins = await lockAdmins(tx);
  if (admins.length === 1 && admins[0].id === id) throw new LastAdminError();
}

/** Locks the rows of all active admins until the transaction ends, ordered by id to avoid deadlocks. */
export function lockAdmins(tx: EntityManager): Promise<{ id: string }[]> {
  return tx.query(
    `SELECT id FROM auth_users WHERE role = 'admin' AND kind = 'person' AND is_active AND deleted_at IS NULL ORDER BY id FOR UPDATE`,
  );
}
