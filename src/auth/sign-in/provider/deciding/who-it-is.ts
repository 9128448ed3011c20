import type { AccountLinking } from '../../../../settings/providers/provider-options.js';
import type { User } from '../../../../users/user.entity.js';
import { certainEmailOf, type ProvenIdentity } from '../../../providers/proven-identity.js';

/** Accounts that concern a user of a provider. */
export interface Findings {
  /** User of the account that has the identity; `null` if there is none. */
  readonly known: User | null;
  /** Account with the email address that the provider has verified; `null` if there is none, or no verified address. */
  readonly account: User | null;
}

/** Settings that decide about users of providers. */
export interface IdentityRules {
  readonly linking: AccountLinking;
  /** Whether people can create accounts for themselves. */
  readonly registration: boolean;
}

/** Account of a user of a provider, and the next step. */
export type Decision =
  /** The identity is connected: signs in. */
  | { readonly is: 'known'; readonly user: User }
  /** Nobody has the verified address: gets an account. */
  | { readonly is: 'newcomer' }
  /** Would get an account, but nobody can create one here. */
  | { readonly is: 'refused' }
  /**
   * An account has the verified address, and its user has to confirm it once. With `mailbox`, only by a code
   * sent there: the address of the account was never verified, so the person who created it and knows its password may be somebody else.
   */
  | { readonly is: 'account'; readonly user: User; readonly proof: 'any' | 'mailbox' }
  /** An account has the verified address, has verified it as well, and the operator is content with that. */
  | { readonly is: 'linkable'; readonly user: User }
  /** The provider has verified no address, so the user has to name one. */
  | { readonly is: 'nameless' };

/**
 * Decides who a user of a provider is: never connects an account silently, and never leaves the user without a way on.
 *
 * The order matters. A known identity is decided by its subject alone, because addresses change hands. An address that the
 * provider has not verified is not even looked up, so the answer does not depend on whether an account has it.
 */
export function whoItIs(
  identity: Pick<ProvenIdentity, 'email' | 'emailVerified' | 'confirmedEmail'>,
  { known, account }: Findings,
  { linking, registration }: IdentityRules,
): Decision {
  if (known) return { is: 'known', user: known };
  if (certainEmailOf(identity) === null) return { is: 'nameless' };
  if (!account) return { is: registration ? 'newcomer' : 'refused' };
  if (account.emailVerifiedAt === null) return { is: 'account', user: account, proof: 'mailbox' };
  return linking === 'verified' && account.isActive
    ? { is: 'linkable', user: account }
    : { is: 'account', user: account, proof: 'any' };
}
