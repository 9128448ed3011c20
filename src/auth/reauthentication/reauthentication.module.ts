import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { oncePer } from '../../database/once-per.js';
import { RateLimitModule } from '../../rate-limit/rate-limit.module.js';
import { Installation } from '../../settings/installation.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { EmailCodesModule } from '../email-codes/email-codes.module.js';
import { FactorsModule } from '../factors/factors.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { EmailCodeConfirmationService } from './email-code-confirmation.service.js';
import { CodeConfirmationService } from './code-confirmation.service.js';
import { ProviderConfirmationService } from './provider-confirmation.service.js';
import { SessionRenewal } from './session-renewal.js';
import { StepUpController } from './step-up.controller.js';
import { StepUpService } from './step-up.service.js';

/** Confirmation of identity before sensitive operations. */
@Module({})
export class ReauthenticationModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: ReauthenticationModule,
    imports: [
      DatabaseModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      RateLimitModule.of(astra),
      TokensModule.of(astra),
      SessionsModule.of(astra),
      PasswordsModule.of(astra),
      FactorsModule.of(astra),
      EmailCodesModule.of(astra),
      ProvidersModule.of(astra),
      SettingsModule.of(astra),
    ],
    controllers: [StepUpController],
    providers: [
      CodeConfirmationService,
      EmailCodeConfirmationService,
      ProviderConfirmationService,
      SessionRenewal,
      StepUpService,
    ],
  }));
}
