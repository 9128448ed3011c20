import { isThisMachine } from '../../http/request/ip-address.js';
import { isNetwork, networkList, type Networks } from '../../outbound/inner-networks.js';
import { metadataUrl, type Preset, presetOf } from './presets.js';
import {
  type AccountLinking,
  accountLinkings,
  type ProviderOptions,
  type ProvidersOption,
} from './provider-options.js';
import { isProviderName, providerFaults } from './provider-rules.js';
import { isRedirectUri, RedirectUris } from './redirect-uris.js';

/** Provider whose users may sign in. */
export interface Provider extends Readonly<Omit<ProviderOptions, 'scopes' | 'issuer'>> {
  /** Its part of paths, and how identities name it. */
  readonly name: string;
  readonly title: string;
  /** Particularities. */
  readonly preset: Preset;
  readonly scopes: readonly string[];
  /** URL of its metadata. Not for those with `preset.endpoints`. */
  readonly metadataUrl: string;
  /** Client ids that its ID tokens may be issued to. */
  readonly audiences: readonly string[];
  /** Whether it is a server on this machine, for tests. */
  readonly isLoopback: boolean;
}

/** Validated options for signing in with providers. */
export interface ProviderSettings {
  readonly all: ReadonlyMap<string, Provider>;
  readonly redirectUris: RedirectUris;
  readonly linking: AccountLinking;
  /** Networks inside which providers may be although they are not public. */
  readonly networks: Networks;
}

/** Options of a host for providers. */
export interface ProviderOptionSet {
  /** Providers whose users may sign in, such as `google`. Requires `features.providers`. Default none. */
  providers?: ProvidersOption;
  /**
   * Exact URLs to which users may be redirected after signing in with a provider, in addition to all URLs of the origin of
   * `publicUrl`. `http://127.0.0.1/path` without a port stands for every port, for native apps. Default none.
   */
  redirectUris?: readonly string[];
  /**
   * Requirement for connecting a provider's user to the account that has the same email address: `proof` asks for a
   * proof of the account, `verified` is content if both sides have verified the address. Default `proof`.
   */
  linking?: AccountLinking;
  /** IP addresses and CIDR ranges inside which providers may be although they are not public. Default none. */
  providerNetworks?: readonly string[];
}

/**
 * Validates the options for providers.
 *
 * @param allowLoopback - Whether issuers may be on this machine, for tests.
 * @throws {RangeError} with the name of an invalid option and its valid values, but never its value.
 */
export function providerSettings(
  { providers = {}, redirectUris = [], linking = 'proof', providerNetworks = [] }: ProviderOptionSet,
  { publicUrl, allowLoopback, isEnabled }: { publicUrl: string; allowLoopback: boolean; isEnabled: boolean },
): ProviderSettings {
  const entries = Object.entries(providers);
  if (!isEnabled && entries.length > 0)
    throw new RangeError('providers must be left out where features.providers is false');
  if (!redirectUris.every((uri) => typeof uri === 'string' && isRedirectUri(uri)))
    throw new RangeError(
      'redirectUris must be exact: https URLs, http URLs of this machine, or URIs with the scheme of an app',
    );
  if (!accountLinkings.includes(linking))
    throw new RangeError(`linking must be one of: ${accountLinkings.join(', ')}`);
  if (!providerNetworks.every((network) => typeof network === 'string' && isNetwork(network)))
    throw new RangeError('providerNetworks must be IP addresses or CIDR ranges');
  return {
    all: new Map(entries.map(([name, options]) => [name, checkedProvider(name, options, allowLoopback)])),
    redirectUris: new RedirectUris(redirectUris, publicUrl),
    linking,
    networks: networkList(providerNetworks),
  };
}

/**
 * Validates one provider, and adds the particularities of its preset.
 *
 * @throws {RangeError} with the first invalid option.
 */
function checkedProvider(name: string, options: ProviderOptions, allowLoopback: boolean): Provider {
  if (!isProviderName(name))
    throw new RangeError('providers must have names of a-z, 0-9 and -, such as google');
  const [fault] = providerFaults(name, options, { allowLoopback });
  if (fault) throw new RangeError(`providers.${name}.${fault[0]} ${fault[1]}`);
  const preset = presetOf(name, options.issuer, options);
  return {
    ...options,
    name,
    preset,
    title: options.title ?? preset.title,
    scopes: options.scopes ?? preset.scopes ?? ['openid', 'email', 'profile'],
    metadataUrl: metadataUrl(preset, options),
    audiences: [options.clientId, ...(options.audiences ?? [])],
    isLoopback: allowLoopback && isThisMachine(URL.parse(options.issuer ?? '')?.hostname ?? ''),
  };
}
