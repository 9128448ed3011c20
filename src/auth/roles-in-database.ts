import type { FactoryProvider } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { AuthSettings } from '../settings/auth-settings.js';
import { ownRoles } from '../settings/roles-option.js';

/** Finds out at the start, and not when a role is given to somebody, that the database does not take it. */
export const rolesInDatabase: FactoryProvider = {
  provide: Symbol('astra:roles-in-database'),
  inject: [getDataSourceToken(), AuthSettings],
  useFactory: assertAllowed,
};

/** @throws {Error} naming the roles that a migration has to allow. */
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
      `The database does not take the role ${unknown.join(', ')}. Call allowRoles() in a migration, and run it`,
    );
}
