import type { QueryRunner } from 'typeorm';

/** The roles that there are everywhere, as of the migration that made the column. */
const ALWAYS = ['admin', 'moderator', 'user'];

/**
 * Has the database take these roles beside ours, and no others: for a migration of the host. It fails while an account
 * has one that is not among them.
 *
 * @param custom - All of the host's roles, also those that an earlier migration has allowed; none for `down` of the first.
 */
export async function allowRoles(db: QueryRunner, custom: readonly string[]): Promise<void> {
  const roles = [...ALWAYS, ...custom].map((role) => `'${role.replaceAll("'", "''")}'`).join(', ');
  await db.query(`
    ALTER TABLE auth_users
      DROP CONSTRAINT auth_users_role_check,
      ADD CONSTRAINT auth_users_role_check CHECK (role IN (${roles}))`);
}
