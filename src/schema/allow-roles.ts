import type { QueryRunner } from 'typeorm';
import { ownRoles } from '../settings/roles-option.js';

/**
 * Allows these roles in the database, in addition to the built-in ones: for a migration of the host. Fails if
 * an account has any other role.
 *
 * @param custom - All of the host's roles, including those allowed by earlier migrations; none for `down` of
 * the first.
 */
export async function allowRoles(db: QueryRunner, custom: readonly string[]): Promise<void> {
  const roles = [...ownRoles, ...custom].map((role) => `'${role.replaceAll("'", "''")}'`).join(', ');
  await db.query(`
    ALTER TABLE auth_users
      DROP CONSTRAINT auth_users_role_check,
      ADD CONSTRAINT auth_users_role_check CHECK (role IN (${roles}))`);
}
