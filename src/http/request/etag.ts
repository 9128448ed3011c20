import { hash } from 'node:crypto';

/** Returns the ETag of content: a truncated SHA-256 in quotes (RFC 9110, 8.8.3). */
export function etagOf(content: string | Uint8Array): string {
  return `"${hash('sha256', content, 'base64url').slice(0, 22)}"`;
}

/**
 * Returns whether the client already has the content, so that 304 is the response (RFC 9110, 13.1.2).
 *
 * @param known - `If-None-Match` of the request, which may list several ETags.
 */
export function isKnown(etag: string, known: string | undefined): boolean {
  // A compressing proxy turns the ETag into a weak one.
  return known?.split(',').some((one) => one.trim().replace(/^W\//, '') === etag) ?? false;
}
