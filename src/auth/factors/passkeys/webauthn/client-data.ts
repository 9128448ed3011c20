import { PasskeyRefusal } from './passkey-refusal.js';

/**
 * Reads the challenge that an authenticator signed (WebAuthn Level 3, 5.8.1), and refuses responses that were made inside
 * another site's page: the library does so only for some of them, and never at a registration.
 *
 * @param encoded - `clientDataJSON` of a response, base64url.
 * @returns the challenge, base64url.
 * @throws {PasskeyRefusal} if it is malformed, or from a frame of another site.
 */
export function readChallenge(encoded: string): string {
  const data = parse(Buffer.from(encoded, 'base64url'));
  if (data?.crossOrigin === true || data?.topOrigin !== undefined)
    throw new PasskeyRefusal('it was made in a frame of another site');
  if (typeof data?.challenge !== 'string') throw new PasskeyRefusal('its client data has no challenge');
  return data.challenge;
}

/** Parses client data; `null` if it is no JSON object in valid UTF-8. */
function parse(json: Buffer): Record<string, unknown> | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(json);
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}
