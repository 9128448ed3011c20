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
}

/** Tokens of a provider. They are never stored. */
export interface ProviderTokens {
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  readonly idToken: string | null;
  /** Lifetime of the access token in seconds; `null` if unknown. */
  readonly expiresIn: number | null;
}
