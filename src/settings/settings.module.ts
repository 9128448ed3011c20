import { type DynamicModule, type FactoryProvider, Module, type ModuleMetadata } from '@nestjs/common';
import type { AuthOptions } from './auth-options.js';
import { AuthSettings } from './auth-settings.js';

/** Options that are known only once other providers are there. */
export interface AuthAsyncOptions extends Pick<ModuleMetadata, 'imports'>, Pick<FactoryProvider, 'inject'> {
  /** Makes the options of what `inject` names. */
  useFactory: (...injected: never[]) => AuthOptions | Promise<AuthOptions>;
}

/** Holds the checked settings. Modules that need them import the same instance of this one. */
@Module({})
export class SettingsModule {
  static forRootAsync({ imports, inject, useFactory }: AuthAsyncOptions): DynamicModule {
    return {
      module: SettingsModule,
      imports,
      providers: [
        {
          provide: AuthSettings,
          inject,
          useFactory: async (...injected: never[]) => new AuthSettings(await useFactory(...injected)),
        },
      ],
      exports: [AuthSettings],
    };
  }
}
