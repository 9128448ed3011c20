import { Req, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { AstraPages } from '../access/astra-controller.decorator.js';
import type { AnyRequest } from '../http/request/request-id.js';
import { AccountPages } from './account-pages.js';
import { Page, withoutSlash } from './page.decorator.js';

/**
 * Serves the console for admins and moderators: the sign-in page, which opens the console. What somebody may see and do
 * there is decided by the API alone.
 */
@AstraPages('console')
export class ConsoleController {
  constructor(
    private readonly pages: AccountPages,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  @Page('')
  console(@Req() { url }: AnyRequest, @Res({ passthrough: true }) response: object): string {
    if (withoutSlash(url, response, this.adapterHost.httpAdapter)) return '';
    return this.pages.html('console');
  }
}
