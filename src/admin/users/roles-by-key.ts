import { ApiKeyNotAcceptedError } from '../../access/access.errors.js';
import type { Principal } from '../../access/principal.js';
import { Role } from '../../settings/role.js';
import type { RoleName } from '../../settings/roles-option.js';

/**
 * Checks that no API key gives a role: with the key of an admin, its thief could otherwise create an admin, whose rights no scope
 * limits. A key may only take roles away.
 *
 * @param role - Role in the request; `undefined` if there is none.
 * @throws {ApiKeyNotAcceptedError} if the caller is a key, and the role is any but that of a plain user.
 */
export function assertKeyGivesNoRole({ apiKeyId }: Principal, role: RoleName | undefined): void {
  if (apiKeyId !== null && role !== undefined && role !== Role.User) throw new ApiKeyNotAcceptedError();
}
