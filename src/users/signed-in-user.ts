import type { Principal } from '../access/principal.js';
import type { RoleMap } from '../settings/roles-option.js';
import type { User } from './user.entity.js';

/** Beside the principals, so that what hosts get, and may pass on, has no more of an account than it says. */
const users = new WeakMap<Principal, User>();

/**
 * Makes what guards and hosts know of a user who is signed in.
 *
 * @param sessionId - The session, or what stands for it.
 */
export function principalOf(user: User, sessionId: string, roles: RoleMap): Principal {
  const principal: Principal = {
    userId: user.id,
    sessionId,
    username: user.username,
    email: user.email,
    emailVerified: user.emailVerifiedAt !== null,
    fullName: user.fullName,
    role: user.role,
    // None where the host has a role no more that somebody still has.
    permissions: roles.get(user.role) ?? [],
    createdAt: user.createdAt,
    updatedAt: user.updatedAt,
  };
  users.set(principal, user);
  return principal;
}

/** The account of who is signed in, as it was read for the principal: no query is needed to show it. */
export function userOf(principal: Principal): User {
  return users.get(principal) as User;
}
