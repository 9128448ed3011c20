import type { Principal } from '../access/principal.js';
import type { RoleMap } from '../settings/roles-option.js';
import type { FactorType } from './fields/factor-types.js';
import type { User } from './user.entity.js';

/** Kept apart from the principals, so that hosts, which may pass principals on, only get the fields of their type. */
const accounts = new WeakMap<Principal, SignedInAccount>();

/** Account of a signed-in user, as read for the principal. */
export interface SignedInAccount {
  user: User;
  /** Second factors. A change of them is announced (`AccessChanges`), so that no cached principal keeps the old ones. */
  factors: readonly FactorType[];
}

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
export function principalOf(account: SignedInAccount, signIn: SignInOf, roles: RoleMap): Principal {
  const { user } = account;
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
  accounts.set(principal, account);
  return principal;
}

/** Returns the account of a signed-in user as read for the principal, without a query. */
export function accountOf(principal: Principal): SignedInAccount {
  return accounts.get(principal) as SignedInAccount;
}
