import {
  type DynamicModule,
  type FactoryProvider,
  Logger,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import type { AuthDynamicModule } from '../auth/auth.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { GUESSABLE_SECRET } from '../settings/secrets/guessable-secret.js';
import { type FastapiOptions, FastapiSettings } from './fastapi-settings.js';
import { ImportedUsersService } from './imported-users.service.js';
import { FastapiTokensService } from './tokens/fastapi-tokens.service.js';
import { LegacySignInService } from './tokens/legacy-sign-in.service.js';
import { LegacySignOutService } from './tokens/legacy-sign-out.service.js';
import { LegacyTokensService } from './tokens/legacy-tokens.service.js';

/** Options that are known only once other providers are there. */
export interface FastapiAsyncOptions
  extends Pick<ModuleMetadata, 'imports'>, Pick<FactoryProvider, 'inject'> {
  /** Makes the options of what `inject` names. */
  useFactory: (...injected: never[]) => FastapiOptions | Promise<FastapiOptions>;
}

/**
 * The users of the FastAPI service that Astra carries on: who was imported from there, and what their tokens still open.
 * Keep it from the import until the last of those tokens has expired.
 */
@Module({})
export class FastapiModule {
  /**
   * @param auth - What `AuthModule.forRoot` returned: the same object, since its services are used here.
   * @throws {RangeError} at start, naming the option that is wrong.
   */
  static forRoot(auth: AuthDynamicModule, options: FastapiOptions = {}): DynamicModule {
    return FastapiModule.forRootAsync(auth, { useFactory: () => options });
  }

  /** For options that come from other providers, such as a configuration service. */
  static forRootAsync(
    auth: AuthDynamicModule,
    { imports = [], inject = [], useFactory }: FastapiAsyncOptions,
  ): DynamicModule {
    return {
      module: FastapiModule,
      imports: [...imports, auth, AuditModule.on(auth.dataSource), DatabaseModule.on(auth.dataSource)],
      providers: [
        {
          provide: FastapiSettings,
          inject: [AuthSettings, ...inject],
          useFactory: async (authSettings: AuthSettings, ...injected: never[]) => {
            const settings = new FastapiSettings(await useFactory(...injected), authSettings);
            if (settings.secretIsGuessable) new Logger('Astra').warn(GUESSABLE_SECRET);
            return settings;
          },
        },
        FastapiTokensService,
        ImportedUsersService,
        LegacySignInService,
        LegacySignOutService,
        LegacyTokensService,
      ],
    };
  }
}
