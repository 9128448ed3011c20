import {
  type DynamicModule,
  type FactoryProvider,
  Logger,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import type { AstraDynamicModule } from '../astra.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AccountsModule } from '../users/accounts.module.js';
import { TokensModule } from '../auth/tokens/tokens.module.js';
import { SessionsModule } from '../auth/sessions/sessions.module.js';
import { RefreshModule } from '../auth/refresh/refresh.module.js';
import { SignInModule } from '../auth/sign-in/sign-in.module.js';
import { AuthSettings } from '../settings/auth-settings.js';
import { GUESSABLE_SECRET } from '../settings/secrets/guessable-secret.js';
import { type FastapiOptions, FastapiSettings } from './fastapi-settings.js';
import { ImportedUsersService } from './imported-users.service.js';
import { FastapiTokensService } from './tokens/fastapi-tokens.service.js';
import { LegacySignInService } from './tokens/legacy-sign-in.service.js';
import { LegacySignOutService } from './tokens/legacy-sign-out.service.js';
import { LegacyTokensService } from './tokens/legacy-tokens.service.js';

/** Options that depend on other providers. */
export interface FastapiAsyncOptions
  extends Pick<ModuleMetadata, 'imports'>, Pick<FactoryProvider, 'inject'> {
  /** Returns the options; called with the providers in `inject`. */
  useFactory: (...injected: never[]) => FastapiOptions | Promise<FastapiOptions>;
}

/**
 * Users of the FastAPI service that Astra replaces: records which accounts were imported from it, and accepts its
 * tokens. Keep it from the import until the last of those tokens has expired.
 */
@Module({})
export class FastapiModule {
  /**
   * Takes static options.
   *
   * @param module - Return value of `AstraModule.forRoot`.
   * @throws {RangeError} at startup if an option is invalid; the message names it.
   */
  static forRoot(module: AstraDynamicModule, options: FastapiOptions = {}): DynamicModule {
    return FastapiModule.forRootAsync(module, { useFactory: () => options });
  }

  /** Takes options from other providers, such as a configuration service. */
  static forRootAsync(
    { astra }: AstraDynamicModule,
    { imports = [], inject = [], useFactory }: FastapiAsyncOptions,
  ): DynamicModule {
    return {
      module: FastapiModule,
      imports: [
        ...imports,
        SettingsModule.of(astra),
        DatabaseModule.on(astra.dataSource),
        AuditModule.on(astra.dataSource),
        AccountsModule.on(astra.dataSource),
        TokensModule.of(astra),
        SessionsModule.of(astra),
        RefreshModule.of(astra),
        SignInModule.of(astra),
      ],
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
