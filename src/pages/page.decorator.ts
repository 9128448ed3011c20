import { applyDecorators, Get, Header } from '@nestjs/common';

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
