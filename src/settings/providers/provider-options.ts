/**
 * Provider whose users may sign in, by the name in its routes: `google`, `microsoft`, `apple`, `github`, `facebook`, or
 * any other name, in lower case, with an `issuer`.
 */
export type ProvidersOption = Readonly<Record<string, ProviderOptions>>;

/** Client of this service at a provider (OpenID Connect Core 1.0, OAuth 2.0). */
export interface ProviderOptions {
  /** Id of the client. */
  clientId: string;
  /** Its secret. Required, except for `apple`. */
  clientSecret?: string;
  /** Issuer of the provider, an https URL. Only, and required, for providers that have no preset. */
  issuer?: string;
  /** Name on buttons. Default that of the preset, or the provider's name. */
  title?: string;
  /** Scopes to request, with `openid`. Default `openid`, `email` and `profile`, or those of the preset. */
  scopes?: readonly string[];
  /** Further client ids that ID tokens of native apps may be issued to. Default none. */
  audiences?: readonly string[];
  /**
   * Whether the claim `email_verified` is trusted. Set `false` if users of the provider can set it, or their address.
   * Not for presets, which have rules of their own. Default `true`.
   */
  trustEmail?: boolean;
  /**
   * With `two-factors`, a sign-in there counts as two factors if the ID token says so: `mfa` in `amr` (RFC 8176), or an `acr`
   * for several factors. Default one factor, regardless of the token.
   */
  satisfies?: 'two-factors';
  /** For `microsoft`: the id of one tenant, or `common`, `organizations` or `consumers`. Default `common`. */
  tenant?: string;
  /** For `google`: domain of a Workspace whose users alone may sign in. Default none. */
  hostedDomain?: string;
  /** For `apple`, required: id of the team. */
  teamId?: string;
  /** For `apple`, required: id of the key. */
  keyId?: string;
  /** For `apple`, required: the key in PEM, from which client secrets are made. */
  privateKey?: string;
}

/** Ways to connect a provider's user to an account that has the same email address. */
export const accountLinkings = ['proof', 'verified'] as const;
/** Requirement for connecting a provider's user to an account that has the same email address. */
export type AccountLinking = (typeof accountLinkings)[number];
