/** Claims of an ID token, or what the API of a provider says about its user. Nothing about them is verified by the type. */
export type Claims = Readonly<Record<string, unknown>>;

/** Options that change how a preset reads claims. */
export interface PresetOptions {
  readonly tenant?: string;
  readonly hostedDomain?: string;
  readonly trustEmail?: boolean;
}

/** URLs of a provider that publishes no metadata. */
export interface FixedEndpoints {
  readonly authorization: string;
  readonly token: string;
  /** Keys of its ID tokens for native apps; `null` if it has none. */
  readonly keys: string | null;
  /** API that describes the user: a base URL. */
  readonly api: string;
}

/** Particularities of a provider. Everything else is the same for all. */
export interface Preset {
  /** Name on buttons. */
  readonly title: string;
  /** Issuer, under which identities are stored. */
  readonly issuer: string;
  /** Further values of `iss` in its ID tokens. Default none. */
  readonly otherIssuers?: readonly string[];
  /** Without it, the metadata is read from the issuer (OpenID Connect Discovery). */
  readonly endpoints?: FixedEndpoints;
  /** Scopes of an authorization request. Default `openid email profile`. */
  readonly scopes?: readonly string[];
  /** Signature algorithms of its ID tokens. */
  readonly algorithms: readonly string[];
  /** The provider responds with a form that the browser posts, because it sends none of the data otherwise. */
  readonly formPost?: true;
  /** Whether claims that the ID token lacks are read from the userinfo endpoint. */
  readonly readsUserInfo?: true;
  /** The nonce of its ID tokens for native apps cannot be verified. */
  readonly withoutNonce?: true;
  /** It does not say when the user has signed in there, so that no identity can be confirmed with it. */
  readonly withoutAuthTime?: true;
  /** Parameters that only this provider has. */
  parameters?(options: PresetOptions): Record<string, string>;
  /** Whether the account may be used here at all. Default every account. */
  admits?(claims: Claims, options: PresetOptions): boolean;
  /** Whether the provider has verified that the email address belongs to the user, now. */
  verifiesEmail(claims: Claims, options: PresetOptions): boolean;
}

/** Tenants of Microsoft that stand for several. */
const sharedTenants = ['common', 'organizations', 'consumers'];
const MICROSOFT = 'https://login.microsoftonline.com';
/** Tenant of all personal accounts of Microsoft. */
const PERSONAL = '9188040d-6c67-4c5b-b112-36a304b66dad';

const isTrue = (value: unknown) => value === true || value === 'true';

/** A signed-in user of Google Workspace has the claim `hd`; a parameter of the request would be only a hint. */
const isHostedBy = ({ hd }: Claims, domain?: string) =>
  domain === undefined ? typeof hd === 'string' && hd !== '' : hd === domain;

/** Providers that are known by name: one row each. */
export const presets = {
  google: {
    title: 'Google',
    issuer: 'https://accounts.google.com',
    algorithms: ['RS256'],
    // It ignores `max_age`, and refuses `prompt=login`.
    withoutAuthTime: true,
    parameters: ({ hostedDomain }): Record<string, string> => (hostedDomain ? { hd: hostedDomain } : {}),
    admits: (claims, { hostedDomain }) => hostedDomain === undefined || isHostedBy(claims, hostedDomain),
    // An address elsewhere was verified when the account was made, and may belong to somebody else since.
    verifiesEmail: (claims) =>
      claims.email_verified === true && (/@gmail\.com$/i.test(String(claims.email)) || isHostedBy(claims)),
  },
  microsoft: {
    title: 'Microsoft',
    issuer: `${MICROSOFT}/{tenantid}/v2.0`,
    algorithms: ['RS256'],
    // Admins of a foreign tenant set any address ("nOAuth", CVE-2023-36871); a missing `xms_edov` proves nothing.
    verifiesEmail: ({ xms_edov }, { tenant }) =>
      isTrue(xms_edov) ||
      xms_edov === 1 ||
      xms_edov === '1' ||
      (tenant !== undefined && !sharedTenants.includes(tenant)),
  },
  apple: {
    title: 'Apple',
    issuer: 'https://appleid.apple.com',
    otherIssuers: ['https://account.apple.com'],
    scopes: ['openid', 'email', 'name'],
    algorithms: ['RS256', 'ES256'],
    // Required as soon as the name or the address is requested.
    formPost: true,
    // Also a string, and also of relay addresses.
    verifiesEmail: ({ email_verified }) => isTrue(email_verified),
  },
  github: {
    title: 'GitHub',
    issuer: 'https://github.com/login/oauth',
    endpoints: {
      authorization: 'https://github.com/login/oauth/authorize',
      token: 'https://github.com/login/oauth/access_token',
      keys: null,
      api: 'https://api.github.com',
    },
    scopes: ['read:user', 'user:email'],
    algorithms: [],
    withoutAuthTime: true,
    verifiesEmail: ({ email_verified }) => email_verified === true,
  },
  facebook: {
    title: 'Facebook',
    issuer: 'https://www.facebook.com',
    endpoints: {
      authorization: 'https://www.facebook.com/v23.0/dialog/oauth',
      token: 'https://graph.facebook.com/v23.0/oauth/access_token',
      keys: 'https://www.facebook.com/.well-known/oauth/openid/jwks/',
      api: 'https://graph.facebook.com/v23.0',
    },
    scopes: ['public_profile', 'email'],
    algorithms: ['RS256'],
    withoutNonce: true,
    withoutAuthTime: true,
    // It does not say whether an address was verified.
    verifiesEmail: () => false,
  },
} as const satisfies Record<string, Preset>;

/** Name of a preset. */
export type PresetName = keyof typeof presets;

/** Returns whether a name is one of a preset. */
export function isPreset(name: string): name is PresetName {
  return Object.hasOwn(presets, name);
}

/**
 * Returns what is particular about a provider.
 *
 * @param issuer - Required for providers that are no preset. For a preset, a server on this machine that stands in for
 *   it in tests.
 * @param options - `tenant` of Microsoft: its issuer and metadata are those of one tenant.
 */
export function presetOf(name: string, issuer: string | undefined, options: PresetOptions): Preset {
  if (!isPreset(name)) return customPreset(name, issuer ?? '');
  const preset: Preset = presets[name];
  if (issuer !== undefined) return standIn(preset, issuer);
  const { tenant } = options;
  const own = tenant === 'consumers' ? PERSONAL : tenant;
  const isOneTenant = name === 'microsoft' && own !== undefined && !sharedTenants.includes(own);
  return isOneTenant ? { ...preset, issuer: `${MICROSOFT}/${own}/v2.0` } : preset;
}

/** Returns the URL of a provider's metadata (OpenID Connect Discovery 1.0, 4). */
export function metadataUrl({ issuer }: Preset, { tenant = 'common' }: PresetOptions): string {
  return `${issuer.replace('{tenantid}', tenant).replace(/\/$/, '')}/.well-known/openid-configuration`;
}

/** Returns a provider whose address counts as verified if the provider says so, and the operator trusts it. */
function customPreset(name: string, issuer: string): Preset {
  return {
    title: name.replace(/^./, (first) => first.toUpperCase()),
    issuer,
    algorithms: ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'],
    readsUserInfo: true,
    verifiesEmail: ({ email_verified }, { trustEmail = true }) => trustEmail && email_verified === true,
  };
}

/** Leads all requests of a preset to a server on this machine. */
function standIn(preset: Preset, issuer: string): Preset {
  const { endpoints } = preset;
  const here = (url: string) => new URL(new URL(url).pathname, issuer).href.replace(/\/$/, '');
  return {
    ...preset,
    issuer: preset.issuer.includes('{tenantid}') ? `${issuer.replace(/\/$/, '')}/{tenantid}/v2.0` : issuer,
    otherIssuers: undefined,
    ...(endpoints && {
      endpoints: {
        authorization: here(endpoints.authorization),
        token: here(endpoints.token),
        keys: endpoints.keys && here(endpoints.keys),
        api: here(endpoints.api),
      },
    }),
  };
}
