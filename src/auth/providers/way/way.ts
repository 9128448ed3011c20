/** Sign-in with a provider that a browser has begun. It is kept in the browser, sealed, so visitors leave no rows. */
export interface Way {
  /** Name of the provider. A response of any other is refused. */
  readonly provider: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Allowed target, to which the user is sent at the end. */
  readonly redirectTo: string;
  /** S256 of the verifier that the app keeps; `null` when an identity is linked. */
  readonly challenge: string | null;
  /** Session of the user whose account the identity is connected to; `null` when signing in. */
  readonly linking: { readonly userId: string; readonly sessionId: string } | null;
  /** Time since which the user must have signed in at the provider, in milliseconds since 1970. Default: at any time. */
  readonly signedInSince?: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}
