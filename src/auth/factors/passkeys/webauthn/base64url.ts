/** Characters of base64url without padding (RFC 4648, 5). */
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/**
 * Decodes base64url without padding, the only form in WebAuthn's JSON. Node's decoder accepts any text, and skips what it
 * does not know.
 *
 * @returns `null` if it is malformed, or not the only valid spelling of its bytes.
 */
export function decodeBase64url(text: string): Buffer<ArrayBuffer> | null {
  if (!BASE64URL.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
