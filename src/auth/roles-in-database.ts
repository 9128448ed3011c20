import type { FactoryProvider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AuthSettings } from '../settings/auth-settings.js';
import { ownRoles } from '../settings/roles-option.js';

/**
 * Checks at startup that the database allows all configured roles, so that a missing migration is noticed before a role
 * is assigned.
 */
export const rolesInDatabase: FactoryProvider = {
  provide: Symbol('astra:roles-in-database'),
  inject: [getDataSourceToken(), AuthSettings],
  useFactory: assertAllowed,
};

/**
 * Compares the configured roles with the check constraint of the table.
 *
 * @throws {Error} naming the roles that a migration has to allow.
 */
async function assertAllowed(db: DataSource, { roles }: AuthSettings): Promise<void> {
  const custom = [...roles.keys()].filter((role) => !ownRoles.some((own) => own === role));
  if (custom.length === 0) return;
  const [check]: { definition: string }[] = await db.query(
    `SELECT pg_get_constraintdef(oid) AS definition FROM pg_constraint
      WHERE conname = 'auth_users_role_check' AND conrelid = 'auth_users'::regclass`,
  );
  const unknown = custom.filter((role) => !check?.definition.includes(`'${role}'`));
  if (unknown.length > 0)
    throw new Error(
      `The database does not allow the role ${unknown.join(', ')}. Call allowRoles() in a migration, and run it`,
    );
}
