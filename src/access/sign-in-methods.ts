/**
 * Ways to prove who one is: something that one knows, something that one has, or a mailbox. A mailbox also resets the password,
 * so both together are one factor.
 */
type Kind = 'knowledge' | 'possession' | 'mailbox';

const kinds = {
  pwd: 'knowledge',
  legacy: 'knowledge',
  // One factor, like a password: what the provider has asked for is unknown.
  fed: 'knowledge',
  // Second factor at the provider, if the provider is trusted with that.
  mfa: 'possession',
  otp: 'possession',
  recovery: 'possession',
  hwk: 'possession',
  swk: 'possession',
  // A PIN or biometrics, which only the authenticator knows. Never without one of its keys.
  user: 'knowledge',
  email: 'mailbox',
} as const satisfies Record<string, Kind>;

/**
 * Method of a proof, as stored in sessions and shown in the claim `amr`: `pwd` for a password and `otp` for a code of an
 * authenticator app (RFC 8176), `hwk` and `swk` for a passkey bound to a device or synced, `user` if it asked for a PIN or
 * biometrics, `recovery` for a recovery code, `email` for a code by email, `fed` for a user of a provider, `mfa` for a
 * second factor that the provider has asked for, `legacy` for a refresh token of the service that accounts were migrated from.
 */
export type SignInMethod = keyof typeof kinds;

/** Number of factors: `2` for proofs of two kinds. Two proofs of one kind are one factor. */
export type FactorCount = 1 | 2;

/** Level of a sign-in, as in NIST SP 800-63B: `aal2` for two factors. */
export type AssuranceLevel = 'aal1' | 'aal2';

/** Methods that are a second factor after a password. */
export const secondFactorMethods: readonly SignInMethod[] = (Object.keys(kinds) as SignInMethod[]).filter(
  (method) => kinds[method] === 'possession',
);

/** Counts the factors of the proofs of a sign-in. Unknown methods count as none. */
export function factorsOf(methods: readonly string[]): FactorCount {
  const verified = new Set(methods.map((method) => (kinds as Partial<Record<string, Kind>>)[method]));
  return verified.has('possession') && (verified.has('knowledge') || verified.has('mailbox')) ? 2 : 1;
}
