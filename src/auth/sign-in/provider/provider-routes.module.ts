import { Module, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { oncePer } from '../../../database/once-per.js';
import { servedBelow } from '../../../http/nest/nest-internals.js';
import type { Installation } from '../../../settings/installation.js';
import { RateLimitModule } from '../../../rate-limit/rate-limit.module.js';
import { CallbackUrls } from '../../providers/callback-urls.js';
import { ProvidersModule } from '../../providers/providers.module.js';
import { RefreshModule } from '../../refresh/refresh.module.js';
import { SignInModule } from '../sign-in.module.js';
import { ProviderCallbackController } from './provider-callback.controller.js';
import { ProviderSignInController } from './provider-sign-in.controller.js';

/** Routes to sign in with providers. The URLs of the routes, which providers have to know, depend on the application. */
@Module({})
export class ProviderRoutesModule implements OnModuleInit {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: ProviderRoutesModule,
    imports: [
      SignInModule.of(astra),
      ProvidersModule.of(astra),
      RefreshModule.of(astra),
      RateLimitModule.of(astra),
    ],
    controllers: astra.features.providers ? [ProviderSignInController, ProviderCallbackController] : [],
  }));

  constructor(
    private readonly urls: CallbackUrls,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** Called by Nest when the prefix and versions of the application are known. */
  onModuleInit(): void {
    const served = (controller: typeof ProviderCallbackController | typeof ProviderSignInController) =>
      servedBelow(this.moduleRef, ProviderRoutesModule, controller, 'GET /auth/providers');
    this.urls.serveBelow({
      callback: served(ProviderCallbackController),
      api: served(ProviderSignInController),
    });
  }
}
