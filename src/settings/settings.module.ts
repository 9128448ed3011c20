import { type DynamicModule, Logger, Module } from '@nestjs/common';
import { oncePer } from '../database/once-per.js';
import type { Installation } from './installation.js';
import { AuthSettings } from './auth-settings.js';
import { GUESSABLE_SECRET } from './secrets/guessable-secret.js';
import { NO_PASSKEYS, relyingPartyOf } from './passkey-settings.js';
import { AstraOptions } from './astra-options.js';

/** Provides the validated settings. Modules that need them import the same instance of this module. */
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
            if (!relyingPartyOf(options.passkeys ?? {}, settings.publicUrl))
              new Logger('Astra').log(NO_PASSKEYS);
            if (settings.secretsAreGuessable) new Logger('Astra').warn(GUESSABLE_SECRET);
            return settings;
          },
        },
      ],
      exports: [AuthSettings],
    }),
  );
}

/** Rejects options in a factory that would be silently ignored there. */
function assertNotTooLate(options: AstraOptions): void {
  for (const name of ['features', 'dataSource', 'path'] as const) {
    if (options[name] !== undefined)
      throw new RangeError(`${name} must be set next to useFactory, not in its options`);
  }
}
