import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { AstraAsyncOptions, Installation } from './settings/installation.js';
import { DEFAULT_PUBLIC_URL } from './settings/auth-settings.js';
import { relyingPartyOf } from './settings/passkey-settings.js';
import { AstraOptions } from './settings/astra-options.js';
import { AuthModule } from './auth/auth.module.js';
import { UsersModule } from './users/users.module.js';
import { AdminModule } from './admin/admin.module.js';
import { WebhookRetentionModule } from './webhooks/webhook-retention.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';
import { PagesModule } from './pages/pages.module.js';
import { DevMailModule } from './pages/dev-mail.module.js';

/** Return value of {@link AstraModule}, for the modules that build on it. */
export interface AstraDynamicModule extends DynamicModule {
  /** Installation that its modules belong to. */
  readonly astra: Installation;
}

/**
 * User accounts and authentication: all that `features` names. Import it once; the host's DataSource must include Astra's
 * entities.
 */
@Module({})
export class AstraModule {
  /** @throws {RangeError} at startup if an option is invalid; the message names it. */
  static forRoot({ features, dataSource, path, ...options }: AstraOptions): AstraDynamicModule {
    // Known before any module is made, unlike with a factory, so that the routes do not even exist.
    const passkeys = relyingPartyOf(options.passkeys ?? {}, options.publicUrl ?? DEFAULT_PUBLIC_URL) !== null;
    return AstraModule.forRootAsync({
      features: { passkeys, ...features },
      dataSource,
      path,
      useFactory: () => options,
    });
  }

  /** Takes options from other providers, such as a configuration service. */
  static forRootAsync(options: AstraAsyncOptions): AstraDynamicModule {
    const astra = new Installation(options);
    const { admin, devMail, pages, webhooks } = astra.features;
    const always = [AuthModule.of(astra), UsersModule.of(astra)];
    const api = [
      ...always,
      ...(admin ? [AdminModule.of(astra)] : []),
      ...(webhooks ? [WebhooksModule.of(astra)] : []),
    ];
    return {
      module: AstraModule,
      astra,
      imports: [
        ...api,
        WebhookRetentionModule.of(astra),
        ...(pages ? [PagesModule.of(astra)] : []),
        ...(devMail ? [DevMailModule.of(astra)] : []),
        RouterModule.register([
          { path: astra.path, children: [...withRoutes(api)] },
          ...(pages ? [{ path: pages.path, module: PagesModule }] : []),
        ]),
      ],
      exports: always,
    };
  }
}

/** Modules below it that have controllers. Nest's `RouterModule` needs each one. */
function withRoutes(modules: readonly DynamicModule[], found = new Set<Type>()): Set<Type> {
  for (const { module, controllers = [], imports = [] } of modules) {
    if (controllers.length > 0) found.add(module);
    withRoutes(imports as DynamicModule[], found);
  }
  return found;
}
