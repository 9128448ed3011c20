/** Tells whether a password, in UTF-8, is the one that was hashed. */
export type BytesMatcher = (password: Buffer) => Promise<boolean>;

/**
 * Reads a stored hash of one family of formats.
 *
 * @returns `null` if the string is of another format, malformed, or asks for more work than is allowed.
 */
export type HashReader = (stored: string) => BytesMatcher | null;

/** Encodes bytes in base64 without padding, as PHC strings have it. */
export function encodeBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** The bytes of unpadded base64; `null` if it is not the one way to write them (RFC 4648, 3.5). */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return encodeBase64(bytes) === text ? bytes : null;
}

/** The bytes of base64 with its padding; `null` if it is not the one way to write them. */
export function decodePaddedBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
