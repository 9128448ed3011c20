import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { AuditModule } from '../../audit/audit.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { ProfileModule } from '../../users/profile/profile.module.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { MailModule } from '../../mail/mail.module.js';
import { OneTimeTokensModule } from '../one-time-tokens/one-time-tokens.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { SignInModule } from '../sign-in/sign-in.module.js';
import { PasswordResetModule } from '../password-reset/password-reset.module.js';
import { EmailChangeController } from './email-change.controller.js';
import { EmailConfirmationController } from './email-confirmation.controller.js';
import { EmailUndoController } from './email-undo.controller.js';
import { EmailChangeRequestsService } from './email-change-requests.service.js';
import { EmailChangeService } from './email-change.service.js';
import { EmailChangeLinksService } from './email-change-links.service.js';
import { EmailUndoPurge } from './email-undo-purge.js';
import { EmailUndoService } from './email-undo.service.js';
import { ReclaimedAccountService } from './reclaimed-account.service.js';

/** Changes of email addresses: request, confirmation, and reversal by the old mailbox. */
@Module({})
export class EmailChangeModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: EmailChangeModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      ProfileModule.of(astra),
      JobsModule.of(astra),
      MailModule.of(astra),
      OneTimeTokensModule.of(astra),
      PasswordsModule.of(astra),
      PasswordResetModule.of(astra),
      SignInModule.of(astra),
    ],
    controllers: astra.features.mail
      ? [EmailChangeController, EmailConfirmationController, EmailUndoController]
      : [],
    providers: [
      EmailChangeLinksService,
      EmailChangeRequestsService,
      EmailChangeService,
      EmailUndoPurge,
      EmailUndoService,
      ReclaimedAccountService,
    ],
  }));
}
