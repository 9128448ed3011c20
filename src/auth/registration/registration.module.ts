import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { AuditModule } from '../../audit/audit.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { ProfileModule } from '../../users/profile/profile.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { EmailVerificationModule } from '../email-verification/email-verification.module.js';
import { PendingRegistrationModule } from '../pending-registration/pending-registration.module.js';
import { OpenRegistrationService } from './open-registration.service.js';
import { PasswordlessRegistrationController } from './passwordless-registration.controller.js';
import { RegistrationController } from './registration.controller.js';
import { RegistrationService } from './registration.service.js';

/** Registration of new users. */
@Module({})
export class RegistrationModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: RegistrationModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      ProfileModule.of(astra),
      PasswordsModule.of(astra),
      EmailVerificationModule.of(astra),
      PendingRegistrationModule.of(astra),
    ],
    controllers: astra.features.registration
      ? [astra.features.passwordless ? PasswordlessRegistrationController : RegistrationController]
      : [],
    providers: [OpenRegistrationService, RegistrationService],
    exports: [RegistrationService],
  }));
}
