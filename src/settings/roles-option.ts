/**
 * The roles that a host has beside ours. It names them to the compiler once, and to Astra by the option `roles`:
 *
 * `declare module 'nestjs-astra' { interface CustomRoles { editor: unknown } }`
 */
export interface CustomRoles {}

/**
 * The permissions that a host has. Once it names one, `@Permissions()` takes no others:
 *
 * `declare module 'nestjs-astra' { interface CustomPermissions { 'invoice:write': unknown } }`
 */
export interface CustomPermissions {}

/** The name of a role, as it is stored. */
export type RoleName = (typeof ownRoles)[number] | Extract<keyof CustomRoles, string>;

/** Something that a role permits: any text, unless the host has said which there are. */
export type Permission = [keyof CustomPermissions] extends [never]
  ? string
  : Extract<keyof CustomPermissions, string>;

/** What each role permits. A role that is not named permits nothing but what `@Roles()` lets it. */
export type RolesOption = { readonly [R in RoleName]?: readonly Permission[] };

/** Roles that there are everywhere. */
export const ownRoles = ['admin', 'moderator', 'user'] as const;

/** All roles that there are, and what each permits. */
export type RoleMap = ReadonlyMap<RoleName, readonly Permission[]>;

/**
 * Checks what a host says of its roles.
 *
 * @throws {RangeError} naming the role that is wrong.
 */
export function checkedRoles(option: RolesOption): RoleMap {
  const roles = new Map<RoleName, readonly Permission[]>(ownRoles.map((role) => [role, []]));
  for (const [role, permissions] of Object.entries(option) as [RoleName, readonly Permission[]][]) {
    // The column has room for 20.
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

/** A host's configuration may hold anything, whatever the type says. */
function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
}
