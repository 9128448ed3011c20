import {
  type DynamicModule,
  type FactoryProvider,
  Logger,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import type { AuthOptions } from './auth-options.js';
import type { ModuleOptions } from './module-options.js';
import { AuthSettings } from './auth-settings.js';
import { GUESSABLE_SECRET } from './secrets/guessable-secret.js';

/** Options that may come from a factory. */
export type FactoryOptions = Omit<AuthOptions, keyof ModuleOptions>;

/** Options that depend on other providers. */
export interface AuthAsyncOptions
  extends ModuleOptions, Pick<ModuleMetadata, 'imports'>, Pick<FactoryProvider, 'inject'> {
  /** Returns the other options; called with the providers in `inject`. */
  useFactory: (...injected: never[]) => FactoryOptions | Promise<FactoryOptions>;
}

/** Holds the checked settings. Modules that need them import the same instance of this one. */
@Module({})
export class SettingsModule {
  static forRootAsync({ imports, inject, useFactory, features }: AuthAsyncOptions): DynamicModule {
    return {
      module: SettingsModule,
      imports,
      providers: [
        {
          provide: AuthSettings,
          inject,
          useFactory: async (...injected: never[]) => {
            const options = await useFactory(...injected);
            assertNotTooLate(options);
            const settings = new AuthSettings({ ...options, features });
            if (settings.secretsAreGuessable) new Logger('Astra').warn(GUESSABLE_SECRET);
            return settings;
          },
        },
      ],
      exports: [AuthSettings],
    };
  }
}

/** From a factory, they would be silently ignored. */
function assertNotTooLate(options: AuthOptions): void {
  for (const name of ['features', 'dataSource'] as const) {
    if (options[name] !== undefined)
      throw new RangeError(`${name} must be set next to useFactory, not in its options`);
  }
}
