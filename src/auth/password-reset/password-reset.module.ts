import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { AuditModule } from '../../audit/audit.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { MailModule } from '../../mail/mail.module.js';
import { OneTimeTokensModule } from '../one-time-tokens/one-time-tokens.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { PasswordResetController } from './password-reset.controller.js';
import { ForgottenPasswordService } from './forgotten-password.service.js';
import { SignInModule } from '../sign-in/sign-in.module.js';
import { PasswordLinksService } from './password-links.service.js';
import { PasswordResetService } from './password-reset.service.js';

/** Reset of forgotten passwords with an emailed link. */
@Module({})
export class PasswordResetModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: PasswordResetModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      JobsModule.of(astra),
      MailModule.of(astra),
      OneTimeTokensModule.of(astra),
      PasswordsModule.of(astra),
      SessionsModule.of(astra),
      SignInModule.of(astra),
    ],
    controllers: astra.features.mail ? [PasswordResetController] : [],
    providers: [ForgottenPasswordService, PasswordLinksService, PasswordResetService],
    exports: [PasswordLinksService],
  }));
}
