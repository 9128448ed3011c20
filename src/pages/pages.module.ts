import { type DynamicModule, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { EmailVerificationController } from '../auth/email-verification/email-verification.controller.js';
import { servedBelow } from '../http/nest/nest-internals.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { AccountPages } from './account-pages.js';
import { ConsoleController } from './console.controller.js';
import { withoutSlash } from './page.decorator.js';
import { PagesController } from './pages.controller.js';
import type { AnyRequest } from '../http/request/request-id.js';
import { oncePer } from '../database/once-per.js';
import type { Installation } from '../settings/installation.js';
import { SettingsModule } from '../settings/settings.module.js';
import { EmailVerificationModule } from '../auth/email-verification/email-verification.module.js';

const API_PATH = Symbol('astra:api-path');

/**
 * Pages for emailed links, at `account/…` below the application's prefix, without a version. Links lead to
 * them automatically.
 */
@Module({})
export class PagesModule implements OnModuleInit {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation): DynamicModule => {
    const { pages, console } = astra.features;
    return {
      module: PagesModule,
      imports: [SettingsModule.of(astra)],
      controllers: [PagesController, ...(console ? [ConsoleController] : [])],
      providers: [AccountPages, { provide: API_PATH, useValue: (pages && pages.apiPath) ?? null }],
    };
  });

  constructor(
    private readonly settings: AuthSettings,
    private readonly pages: AccountPages,
    private readonly moduleRef: ModuleRef,
    private readonly adapterHost: HttpAdapterHost,
    @Inject(API_PATH) private readonly apiPath: string | null,
  ) {}

  /** Called by Nest when the prefix and versions of the application are known. */
  async onModuleInit(): Promise<void> {
    const pages = servedBelow(this.moduleRef, PagesModule, PagesController, 'GET /account/verify-email');
    const api =
      this.apiPath === null
        ? servedBelow(
            this.moduleRef,
            EmailVerificationModule,
            EmailVerificationController,
            'POST /auth/verify-email',
          )
        : pages + this.apiPath;
    this.settings.mail.leadToPages(pages, api.length > pages.length ? [api, pages] : [pages, api]);
    await this.pages.write(fromPages(pages, api));
    this.serveSlashes(pages);
  }

  /** Fastify has no page at a URL with a slash at its end, and Nest adds no such route. */
  private serveSlashes(pages: string): void {
    const { httpAdapter } = this.adapterHost;
    // Commands and workers have no server.
    if ((httpAdapter as AbstractHttpAdapter | null)?.getType() !== 'fastify') return;
    const apps = ['account', ...(this.settings.features.console ? ['console'] : [])];
    for (const app of apps)
      httpAdapter.get(`${pages}/${app}/`, ({ url }: AnyRequest, response: object) => {
        withoutSlash(url, response, httpAdapter);
        httpAdapter.reply(response, '');
      });
  }
}

/**
 * Returns the relative path from the pages to the API, with as few steps up as possible, so that a proxy may serve
 * everything below a path (`publicUrl`).
 */
function fromPages(pages: string, api: string): string {
  if (api === pages || api.startsWith(`${pages}/`)) return `..${api.slice(pages.length)}`;
  return `..${'/..'.repeat(pages.split('/').length - 1)}${api}`;
}
