/** Checks whether a password, in UTF-8, matches the hash. */
export type BytesMatcher = (password: Buffer) => Promise<boolean>;

/**
 * Reads a stored hash of one family of formats.
 *
 * @returns `null` if the string has another format, is malformed, or exceeds the allowed cost.
 */
export type HashReader = (stored: string) => BytesMatcher | null;

/** Encodes bytes as base64 without padding, as in PHC strings. */
export function encodeBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** Decodes base64 without padding. Returns `null` if the text is not the canonical encoding (RFC 4648, 3.5). */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return encodeBase64(bytes) === text ? bytes : null;
}

/** Decodes base64 with padding. Returns `null` if the text is not the canonical encoding. */
export function decodePaddedBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}
