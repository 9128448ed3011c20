/** User of a provider, as the provider has just described them, verified. */
export interface ProvenIdentity {
  /** Name of the provider. */
  readonly provider: string;
  readonly issuer: string;
  /** Id of the user at the issuer, which never changes. The email address may, and is no key. */
  readonly subject: string;
  /** `null` if there is none, or no account may have it. */
  readonly email: string | null;
  /** Whether the provider has verified the address, by a rule that is safe for this provider. */
  readonly emailVerified: boolean;
  /** Name for a new account. `null` if unknown. */
  readonly fullName: string | null;
  /** Whether the provider has verified two factors, and is trusted with that. */
  readonly hasTwoFactors?: boolean;
  /** Whether the provider had the user sign in again, as a confirmation of the identity requires. */
  readonly hasSignedInAgain?: boolean;
  /** Address that the user has named and confirmed with a code, because the provider has verified none. */
  readonly confirmedEmail?: string;
}

/** Returns the email address of which it is certain that it is the user's; `null` if there is none. */
export function certainEmailOf({
  confirmedEmail,
  email,
  emailVerified,
}: Pick<ProvenIdentity, 'confirmedEmail' | 'email' | 'emailVerified'>): string | null {
  return confirmedEmail ?? (emailVerified ? email : null);
}

/** Tokens of a provider. They are never stored. */
export interface ProviderTokens {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  readonly idToken: string | null;
  /** Lifetime of the access token in seconds; `null` if unknown. */
  readonly expiresIn: number | null;
}
