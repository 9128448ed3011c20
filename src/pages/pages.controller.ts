import { applyDecorators, Get, Header, HttpStatus, Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AstraPages } from '../access/astra-controller.decorator.js';
import { NotFoundError } from '../http/problem/problem.js';
import { isKnown } from '../http/request/etag.js';
import type { AnyRequest } from '../http/request/request-id.js';
import { AccountPages, type PageFileName, SCRIPTS, STYLES } from './account-pages.js';
import { Page, withoutSlash } from './page.decorator.js';

const Files = (names: PageFileName[], type: string) =>
  applyDecorators(
    Get(names),
    Header('Content-Type', `${type}; charset=utf-8`),
    Header('Cache-Control', 'public, max-age=3600'),
    Header('X-Content-Type-Options', 'nosniff'),
  );

/**
 * Serves the pages that links in messages open, and the page to sign in. Opening one changes nothing, because mail
 * scanners open every link; only its button does. The token is in the fragment, so that it is neither sent nor logged
 * before.
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

  /** *My account*, which opens after the sign-in. What users may see and do there is decided by the API alone. */
  @Page('')
  myAccount(@Req() { url }: AnyRequest, @Res({ passthrough: true }) response: object): string {
    if (withoutSlash(url, response, this.adapterHost.httpAdapter)) return '';
    return this.pages.html('my-account');
  }

  /** Signs in, and manages second factors and passkeys; what a link in a message opens needs no session. */
  @Page('sign-in')
  signIn(): string {
    return this.pages.html('sign-in');
  }

  /** Ends a visit to a provider in a window of its own, and tells the page that has begun it. */
  @Page('provider-return')
  providerReturn(): string {
    return this.pages.html('provider-return');
  }

  @Files(SCRIPTS, 'text/javascript')
  script(@Req() request: AnyRequest, @Res({ passthrough: true }) response: object) {
    return this.file(request, response);
  }

  @Files(STYLES, 'text/css')
  style(@Req() request: AnyRequest, @Res({ passthrough: true }) response: object) {
    return this.file(request, response);
  }

  /** Responds with a file, or with 304 if the browser has the current version. */
  private file({ url, headers }: AnyRequest, response: object): string | undefined {
    const name = url.split('?', 1)[0].split('/').at(-1) as PageFileName;
    const file = this.pages.file(name);
    if (!file) throw new NotFoundError();
    const { httpAdapter } = this.adapterHost;
    httpAdapter.setHeader(response, 'ETag', file.etag);
    if (!isKnown(file.etag, headers['if-none-match'] as string | undefined)) return file.text;
    httpAdapter.status(response, HttpStatus.NOT_MODIFIED);
    return undefined;
  }
}
