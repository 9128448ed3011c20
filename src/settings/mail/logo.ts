import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';

/** In bytes. Each browser reads the logo once, with the style sheet of the pages. */
const MAX_SIZE = 64 * 1024;

/** Valid logos, for error messages. */
export const LOGO_MAY_BE = 'a PNG, WebP or SVG file of at most 64 KiB';

/**
 * Reads the logo of the service as a `data:` URL. Browsers show it as an image in a style sheet: an SVG file then neither
 * runs scripts nor loads anything, and no URL of this origin opens it as a document.
 *
 * @returns `null` if the file cannot be read or is something else than {@link LOGO_MAY_BE}.
 */
export function readLogo(path: string): string | null {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > MAX_SIZE) return null;
    const file = readFileSync(path);
    const type = typeOf(file);
    return type && `data:${type};base64,${file.toString('base64')}`;
  } catch {
    return null;
  }
}

/** Returns the media type by the content, regardless of the name of the file. */
function typeOf(file: Buffer): string | null {
  if (file.subarray(0, 8).equals(Buffer.from('89504e470d0a1a0a', 'hex'))) return 'image/png';
  if (/^RIFF.{4}WEBP/s.test(file.toString('latin1', 0, 12))) return 'image/webp';
  return isUtf8(file) && isSvg(file.toString()) ? 'image/svg+xml' : null;
}

/** Whether a text begins like SVG. Entities are refused, since they could expand without limit. */
function isSvg(text: string): boolean {
  const root = text.replace(/^\uFEFF/, '').replace(/<\?xml[^>]*>|<!--.*?-->|<!DOCTYPE svg[^>[]*>/gs, '');
  return /^\s*<svg[\s>]/.test(root) && !text.includes('<!ENTITY');
}
