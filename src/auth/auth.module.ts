import { type DynamicModule, Module } from '@nestjs/common';
import { oncePer } from '../database/once-per.js';
import type { Installation } from '../settings/installation.js';
import { AccountModule } from './account/account.module.js';
import { ApiKeysModule } from './api-keys/api-keys.module.js';
import { EmailChangeModule } from './email-change/email-change.module.js';
import { EmailVerificationModule } from './email-verification/email-verification.module.js';
import { FactorsModule } from './factors/factors.module.js';
import { OwnFactorsModule } from './factors/own/own-factors.module.js';
import { OwnPasskeysModule } from './factors/passkeys/own/own-passkeys.module.js';
import { PasswordResetModule } from './password-reset/password-reset.module.js';
import { PasswordsModule } from './passwords/passwords.module.js';
import { ReauthenticationModule } from './reauthentication/reauthentication.module.js';
import { RefreshModule } from './refresh/refresh.module.js';
import { RegistrationModule } from './registration/registration.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { ProviderRoutesModule } from './sign-in/provider/provider-routes.module.js';
import { ProvidersModule } from './providers/providers.module.js';
import { SignInModule } from './sign-in/sign-in.module.js';
import { TokensModule } from './tokens/tokens.module.js';
import { WaysInModule } from './ways-in/ways-in.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { AuditWatch } from '../audit/chains/audit-watch.js';
import { AuditSchedule } from '../audit/retention/audit-schedule.js';
import { rolesInDatabase } from './roles-in-database.js';

/** Routes below `/auth`, sessions, and sensitive changes of the user's own account: one module per use case. */
@Module({})
export class AuthModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation): DynamicModule => {
    const useCases = [
      AccountModule,
      ApiKeysModule,
      EmailChangeModule,
      EmailVerificationModule,
      FactorsModule,
      OwnFactorsModule,
      OwnPasskeysModule,
      PasswordResetModule,
      PasswordsModule,
      ReauthenticationModule,
      ProviderRoutesModule,
      ProvidersModule,
      RefreshModule,
      RegistrationModule,
      SessionsModule,
      SignInModule,
      TokensModule,
      WaysInModule,
    ].map((useCase) => useCase.of(astra));
    return {
      module: AuthModule,
      imports: [
        SettingsModule.of(astra),
        AuditModule.on(astra.dataSource),
        DatabaseModule.on(astra.dataSource),
        JobsModule.of(astra),
        ...useCases,
      ],
      providers: [AuditSchedule, AuditWatch, rolesInDatabase],
      exports: useCases,
    };
  });
}
