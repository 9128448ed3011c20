import { applyDecorators, Get, Header, Headers, HttpStatus, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AstraPages } from '../access/astra-controller.decorator.js';
import { isKnown } from '../http/request/etag.js';
import { AccountPages } from './account-pages.js';

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

const Page = (name: string) =>
  applyDecorators(
    Get(name),
    Header('Content-Type', 'text/html; charset=utf-8'),
    Header('Content-Security-Policy', PAGE_POLICY),
    Header('Cache-Control', 'no-store'),
    Header('Referrer-Policy', 'no-referrer'),
    Header('X-Content-Type-Options', 'nosniff'),
  );

const File = (name: string, type: string) =>
  applyDecorators(
    Get(name),
    Header('Content-Type', `${type}; charset=utf-8`),
    Header('Cache-Control', 'public, max-age=3600'),
    Header('X-Content-Type-Options', 'nosniff'),
  );

/**
 * Serves the pages that links in messages open. Opening one changes nothing, because mail scanners open every link;
 * only its button does. The token is in the fragment, so that it is neither sent nor logged before.
 */
@AstraPages('account')
export class PagesController {
  constructor(
    private readonly pages: AccountPages,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Page('verify-email')
  verifyEmail(): string {
    return this.pages.html('verify-email');
  }

  @Page('reset-password')
  resetPassword(): string {
    return this.pages.html('reset-password');
  }

  @Page('confirm-email')
  confirmEmail(): string {
    return this.pages.html('confirm-email');
  }

  @Page('undo-email-change')
  undoEmailChange(): string {
    return this.pages.html('undo-email-change');
  }

  @File('account.js', 'text/javascript')
  script(@Headers('if-none-match') known: string | undefined, @Res({ passthrough: true }) response: object) {
    return this.file(this.pages.script, known, response);
  }

  @File('account.css', 'text/css')
  style(@Headers('if-none-match') known: string | undefined, @Res({ passthrough: true }) response: object) {
    return this.file(this.pages.style, known, response);
  }

  /** Responds with a file, or with 304 if the browser has the current version. */
  private file(
    { text, etag }: AccountPages['script'],
    known: string | undefined,
    response: object,
  ): string | undefined {
    const { httpAdapter } = this.adapterHost;
    httpAdapter.setHeader(response, 'ETag', etag);
    if (!isKnown(etag, known)) return text;
    httpAdapter.status(response, HttpStatus.NOT_MODIFIED);
    return undefined;
  }
}
