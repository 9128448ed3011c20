import { type DynamicModule, Logger, Module } from '@nestjs/common';
import { oncePer } from '../database/once-per.js';
import { Installation } from './installation.js';
import { AuthSettings } from './auth-settings.js';
import { GUESSABLE_SECRET } from './secrets/guessable-secret.js';
import { AstraOptions } from './astra-options.js';

/** Holds the checked settings. */
@Module({})
export class SettingsModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer(
    ({ options: { imports, inject, useFactory, features } }: Installation): DynamicModule => ({
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
    }),
  );
}

/** From a factory, they would be silently ignored. */
function assertNotTooLate(options: AstraOptions): void {
  for (const name of ['features', 'dataSource', 'path'] as const) {
    if (options[name] !== undefined)
      throw new RangeError(`${name} must be set next to useFactory, not in its options`);
  }
}
