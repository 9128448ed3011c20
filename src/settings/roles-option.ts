import { Role } from './role.js';

/**
 * A host's own roles. Declare them to the compiler once, and to Astra with the option `roles`:
 *
 * `declare module 'nestjs-astra' { interface CustomRoles { editor: unknown } }`
 */
export interface CustomRoles {}

/**
 * A host's permissions. If any is declared, `@Permissions()` accepts no others:
 *
 * `declare module 'nestjs-astra' { interface CustomPermissions { 'invoice:write': unknown } }`
 */
export interface CustomPermissions {}

/** Name of a role, as stored. */
export type RoleName = Role | Extract<keyof CustomRoles, string>;

/** Name of a permission: any text, unless the host has declared its permissions. */
export type Permission = [keyof CustomPermissions] extends [never]
  ? string
  : Extract<keyof CustomPermissions, string>;

/** Permissions of each role. An unlisted role has no permissions. */
export type RolesOption = { readonly [R in RoleName]?: readonly Permission[] };

/** Built-in roles. */
export const ownRoles = Object.values(Role);

/** All roles and their permissions. */
export type RoleMap = ReadonlyMap<RoleName, readonly Permission[]>;

/**
 * Validates the option `roles`.
 *
 * @throws {RangeError} if a role is invalid; the message names it.
 */
export function checkedRoles(option: RolesOption): RoleMap {
  const roles = new Map<RoleName, readonly Permission[]>(ownRoles.map((role) => [role, []]));
  for (const [role, permissions] of Object.entries(option) as [RoleName, readonly Permission[]][]) {
    // The column holds 20 characters.
    if (!/^[a-z][a-z0-9_-]{0,19}$/.test(role))
      throw new RangeError(
        `roles: the name of a role must have 1 to 20 of a-z, 0-9, _ and -, and begin with a letter: ${role}`,
      );
    if (!isListOfTexts(permissions))
      throw new RangeError(`roles.${role} must be a list of permissions, each a text that is not empty`);
    roles.set(role, [...permissions]);
  }
  return roles;
}

/** Configuration values may have any type at run time. */
function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
}
