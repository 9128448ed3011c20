import { applyDecorators, Get, Header, HttpStatus } from '@nestjs/common';

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  // The script sends the forms; submitted by the browser, they would put the input into a URL.
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Route of a page for people: nothing from other origins, and nothing that is stored. */
export const Page = (path: string): MethodDecorator =>
  applyDecorators(
    Get(path),
    Header('Content-Type', 'text/html; charset=utf-8'),
    Header('Content-Security-Policy', PAGE_POLICY),
    Header('Cache-Control', 'no-store'),
    Header('Referrer-Policy', 'no-referrer'),
    Header('X-Content-Type-Options', 'nosniff'),
  );

/** Part of an HTTP adapter that {@link withoutSlash} uses. */
interface Server {
  setHeader?(response: object, name: string, value: string): unknown;
  status?(response: object, code: number): unknown;
}

/**
 * Redirects a URL with a slash at the end of its path to the one without, since the URLs in a page are relative. Express ignores
 * the slash, and so would serve the page there.
 *
 * @returns whether it did. The target is relative, so that it is right below any prefix and behind any proxy.
 */
export function withoutSlash(url: string, response: object, server: Server): boolean {
  const [, name, query] = /^[^?]*?([^/?]+)\/(\?.*)?$/s.exec(url) ?? [];
  if (name === undefined) return false;
  server.setHeader?.(response, 'Location', `../${name}${query ?? ''}`);
  server.status?.(response, HttpStatus.PERMANENT_REDIRECT);
  return true;
}
