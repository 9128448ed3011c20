import type { Principal } from '../access/principal.js';
import type { RoleMap } from '../settings/roles-option.js';
import type { User } from './user.entity.js';

/** Kept apart from the principals, so that hosts, which may pass principals on, only get the fields of their type. */
const users = new WeakMap<Principal, User>();

/** Sign-in of a principal. */
export type SignInOf = Pick<
  Principal,
  'sessionId' | 'apiKeyId' | 'scopes' | 'methods' | 'authenticatedAt' | 'secondFactorAt'
>;

/**
 * Creates the principal of a signed-in user.
 *
 * @param signIn - With the id of the session or of the API key, or a substitute for a foreign token.
 */
export function principalOf(user: User, signIn: SignInOf, roles: RoleMap): Principal {
  const principal: Principal = {
    userId: user.id,
    ...signIn,
    username: user.username,
    email: user.email,
    emailVerified: user.emailVerifiedAt !== null,
    fullName: user.fullName,
    role: user.role,
    // No permissions if the host has removed a role that users still have.
    permissions: roles.get(user.role) ?? [],
    createdAt: user.createdAt,
    updatedAt: user.updatedAt,
  };
  users.set(principal, user);
  return principal;
}

/** Returns the account of a signed-in user as read for the principal, without a query. */
export function userOf(principal: Principal): User {
  return users.get(principal) as User;
}
