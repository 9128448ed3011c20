import { createPrivateKey } from 'node:crypto';
import { isThisMachine } from '../../http/request/ip-address.js';
import { isPreset, presets } from './presets.js';
import type { ProviderOptions } from './provider-options.js';

/** Invalid option of a provider, and the rest of the sentence about it. */
export type ProviderFault = readonly [option: keyof ProviderOptions, demand: string];

/** Options that only one preset has. */
const ofPresets = {
  tenant: 'microsoft',
  hostedDomain: 'google',
  teamId: 'apple',
  keyId: 'apple',
  privateKey: 'apple',
} as const;

const TENANT = /^(common|organizations|consumers|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/;
/** Characters of a client id or secret (RFC 6749, appendix A). */
const VISIBLE = /^[\x20-\x7e]{1,2048}$/;
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;

/** Returns whether a name can be that of a provider: it is a part of paths. */
export function isProviderName(name: string): boolean {
  return /^[a-z][a-z0-9-]{0,31}$/.test(name);
}

/**
 * Finds the invalid options of a provider, those that are missing, and those that belong to another one.
 *
 * @param allowLoopback - Whether its issuer may be on this machine, for tests. Never in production.
 */
export function providerFaults(
  name: string,
  options: ProviderOptions,
  { allowLoopback }: { allowLoopback: boolean },
): ProviderFault[] {
  const faults: ProviderFault[] = [];
  const demand = (option: keyof ProviderOptions, isMet: boolean, sentence: string) => {
    if (!isMet) faults.push([option, sentence]);
  };
  const { clientId, clientSecret, title, scopes, audiences, satisfies, trustEmail } = options;
  const isApple = name === 'apple';

  demand('clientId', isVisible(clientId), 'must be set: the id of the client at the provider');
  if (isApple)
    demand('clientSecret', clientSecret === undefined, 'must be left out: Apple has a private key');
  else demand('clientSecret', isVisible(clientSecret), 'must be set: the secret of the client');
  faults.push(...issuerFaults(name, options.issuer, allowLoopback));

  for (const [option, preset] of Object.entries(ofPresets) as [keyof typeof ofPresets, string][])
    demand(option, options[option] === undefined || name === preset, `is for ${preset} only`);
  if (isApple) {
    demand('teamId', isVisible(options.teamId), 'must be set: the id of the team');
    demand('keyId', isVisible(options.keyId), 'must be set: the id of the key');
    demand('privateKey', isP256(options.privateKey), 'must be set: the private key in PEM, of P-256');
  }
  const { tenant = 'common', hostedDomain = 'example.com' } = options;
  demand('tenant', TENANT.test(tenant), 'must be the id of a tenant, common, organizations or consumers');
  demand('hostedDomain', DOMAIN.test(hostedDomain), 'must be a domain in lower case, such as example.com');

  demand(
    'title',
    title === undefined || /^\P{Cc}{1,80}$/u.test(title),
    'must be one line of 1 to 80 characters',
  );
  demand(
    'scopes',
    scopes === undefined || (scopes.length > 0 && scopes.every((scope) => SCOPE.test(scope))),
    'must be a list of scopes',
  );
  demand(
    'scopes',
    scopes === undefined || isOauthOnly(name) || scopes.includes('openid'),
    'must contain openid',
  );
  demand('audiences', (audiences ?? []).every(isVisible), 'must be a list of client ids');
  demand(
    'satisfies',
    satisfies === undefined || (satisfies === 'two-factors' && !isOauthOnly(name)),
    'must be two-factors, for providers with ID tokens',
  );
  demand(
    'trustEmail',
    trustEmail === undefined || !isPreset(name),
    'is not for presets, which have rules of their own',
  );
  return faults;
}

/** A preset has its issuer, which only a server on this machine may replace, for tests. */
function issuerFaults(name: string, issuer: string | undefined, allowLoopback: boolean): ProviderFault[] {
  const url = issuer === undefined ? null : URL.parse(issuer);
  const isHere = url !== null && isThisMachine(url.hostname) && allowLoopback;
  if (isPreset(name))
    return issuer === undefined || isHere
      ? []
      : [['issuer', 'must be left out: the issuer of the preset is known']];
  const isPlain = issuer !== undefined && !/[?#@\\\s]/.test(issuer);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere);
  return isPlain && isSafe
    ? []
    : [['issuer', 'must be set: an https:// URL without credentials, query or fragment']];
}

/** Returns whether a provider has no ID tokens, and so no scope `openid`. */
function isOauthOnly(name: string): boolean {
  return isPreset(name) && 'endpoints' in presets[name];
}

/** Returns whether text is a client id, a secret, or another value of printable ASCII. */
function isVisible(text: string | undefined): text is string {
  return typeof text === 'string' && VISIBLE.test(text);
}

/** Returns whether text is a private key for ES256. */
function isP256(pem: string | undefined): boolean {
  try {
    const { asymmetricKeyDetails, asymmetricKeyType } = createPrivateKey(pem ?? '');
    return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}
