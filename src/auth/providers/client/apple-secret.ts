import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Provider } from '../../../settings/providers/provider-settings.js';

/** Audience of Apple's client secrets. */
const APPLE = 'https://appleid.apple.com';
/** Lifetime of a client secret in seconds: it is used at once. */
const TTL = 300;

/**
 * Signs a client secret for Apple. One is made for each request: a stored one would expire after six months, when nobody
 * remembers it.
 *
 * @see https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret
 */
export function appleSecret({
  clientId,
  teamId = '',
  keyId = '',
  privateKey = '',
}: Provider): Promise<string> {
  return new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .setIssuer(teamId)
    .setSubject(clientId)
    .setAudience(APPLE)
    .setIssuedAt()
    .setExpirationTime(`${TTL}s`)
    .sign(createPrivateKey(privateKey));
}
