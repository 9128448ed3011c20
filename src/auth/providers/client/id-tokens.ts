import { hash } from 'node:crypto';
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type FetchImplementation,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import type { OutboundFetch } from '../../../outbound/outbound-fetch.js';
import type { Claims } from '../../../settings/providers/presets.js';
import type { Provider } from '../../../settings/providers/provider-settings.js';
import { InvalidIdTokenError, ProviderUnavailableError } from '../providers.errors.js';

/** Maximum age of an ID token, in seconds. It is new when it arrives, so an older one was taken from elsewhere. */
export const MAX_ID_TOKEN_AGE = 600;
/** Difference between clocks that is tolerated, in seconds. */
export const CLOCK_TOLERANCE = 30;
/** Maximum length of a subject (OpenID Connect Core 1.0, 2). */
const MAX_SUBJECT = 255;

/** A tenant of Microsoft, which stands in the issuer. */
const TENANT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Claims of a verified ID token. */
export interface IdTokenClaims extends JWTPayload {
  readonly iss: string;
  readonly sub: string;
}

/** Keys of a provider, as jose looks them up. */
export type KeySet = ReturnType<typeof createRemoteJWKSet>;

/** Returns the keys at a URL. They are requested when needed, and again for an unknown key id, at most every 30 seconds. */
export function keySetAt(url: string, fetch: OutboundFetch): KeySet {
  const fetchKeys: FetchImplementation = (target, { headers, method, signal }) =>
    fetch(target, { method, headers: Object.fromEntries(headers), signal });
  return createRemoteJWKSet(new URL(url), { [customFetch]: fetchKeys });
}

/**
 * Verifies an ID token (OpenID Connect Core 1.0, 3.1.3.7), of the code flow as well as of a native app. The provider is the
 * one of the route: the token never chooses who judges it.
 *
 * @param clientIds - Clients that it may be issued to.
 * @param nonces - Of which its nonce has to be one; `null` if the provider has none.
 * @throws {InvalidIdTokenError} if it is refused, for any reason.
 * @throws {ProviderUnavailableError} if the keys cannot be read.
 */
export async function verifyIdToken(
  token: string,
  { preset }: Provider,
  keys: KeySet,
  { clientIds, nonces }: { clientIds: readonly string[]; nonces: readonly string[] | null },
): Promise<IdTokenClaims> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer: [issuerFor(token, preset.issuer), ...(preset.otherIssuers ?? [])],
      audience: [...clientIds],
      algorithms: [...preset.algorithms],
      maxTokenAge: MAX_ID_TOKEN_AGE,
      clockTolerance: CLOCK_TOLERANCE,
      requiredClaims: ['sub', 'exp', 'iat'],
    });
    const { sub, nonce } = payload;
    if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT) throw new InvalidIdTokenError();
    if (!isForUs(payload, clientIds)) throw new InvalidIdTokenError();
    if (nonces && !(typeof nonce === 'string' && nonces.includes(nonce))) throw new InvalidIdTokenError();
    return payload as IdTokenClaims;
  } catch (error) {
    throw refusalOf(error);
  }
}

/**
 * Checks that verified claims say that the user has signed in since a time, and not in the future (OpenID Connect Core 1.0, 3.1.2.1
 * and 3.1.3.7).
 *
 * @param since - In ms since 1970.
 * @throws {InvalidIdTokenError} if they do not, or do not say when.
 */
export function assertSignedInSince(since: number, { auth_time: at }: Claims): void {
  const isThen =
    typeof at === 'number' &&
    at >= Math.floor(since / 1000) - CLOCK_TOLERANCE &&
    at <= Date.now() / 1000 + CLOCK_TOLERANCE;
  if (!isThen) throw new InvalidIdTokenError();
}

/** Values of `acr` for several factors: of OpenID Connect, and of its profile for phishing-resistant ones (EAP ACR Values). */
const TWO_FACTORS = ['http://schemas.openid.net/pape/policies/2007/06/multi-factor', 'phr', 'phrh'];

/** Returns whether verified claims say that the provider has asked for two factors. */
export function saysTwoFactors({ amr, acr }: Claims): boolean {
  return (Array.isArray(amr) && amr.includes('mfa')) || TWO_FACTORS.includes(acr as string);
}

/** Returns the nonces that an ID token of a native app may have: the given one, or its hash, which Apple's apps send. */
export function noncesOf(nonce: string): string[] {
  return [nonce, hash('sha256', nonce, 'hex')];
}

/**
 * Returns the issuer that a token must have. Where a provider has one for each tenant, it is the one of the tenant that the
 * token claims, which is verified with the rest of it.
 */
function issuerFor(token: string, issuer: string): string {
  if (!issuer.includes('{tenantid}')) return issuer;
  const { tid } = decodeJwt(token);
  if (typeof tid !== 'string' || !TENANT.test(tid)) throw new InvalidIdTokenError();
  return issuer.replace('{tenantid}', tid);
}

/**
 * Checks the authorized party. With several audiences, any of them could use the token, so it has to be named.
 */
function isForUs({ aud, azp }: JWTPayload, clientIds: readonly string[]): boolean {
  if (azp === undefined) return !Array.isArray(aud) || aud.length === 1;
  return typeof azp === 'string' && clientIds.includes(azp);
}

/** Errors of jose that say something about the provider's keys, and nothing about the token. */
const OF_KEYS = ['ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC'];

/** Converts an error of jose. A failed request for keys says nothing about the token, so the client may try again. */
function refusalOf(error: unknown): Error {
  if (error instanceof InvalidIdTokenError) return error;
  if (error instanceof errors.JOSEError && !OF_KEYS.includes(error.code)) return new InvalidIdTokenError();
  // Keys that cannot be imported, or a failed request.
  return new ProviderUnavailableError();
}
