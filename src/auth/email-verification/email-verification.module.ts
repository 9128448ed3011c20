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
import { PendingRegistrationModule } from '../pending-registration/pending-registration.module.js';
import { SignInModule } from '../sign-in/sign-in.module.js';
import { AccountModule } from '../account/account.module.js';
import { EmailVerificationController } from './email-verification.controller.js';
import { DisownedRegistrationsService } from './disowned-registrations.service.js';
import { EmailVerificationService } from './email-verification.service.js';
import { VerificationLinksService } from './verification-links.service.js';
import { VerificationRequestsService } from './verification-requests.service.js';

/** Verification of email addresses. */
@Module({})
export class EmailVerificationModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: EmailVerificationModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      ProfileModule.of(astra),
      JobsModule.of(astra),
      MailModule.of(astra),
      OneTimeTokensModule.of(astra),
      PendingRegistrationModule.of(astra),
      AccountModule.of(astra),
      SignInModule.of(astra),
    ],
    controllers: astra.features.mail ? [EmailVerificationController] : [],
    providers: [
      DisownedRegistrationsService,
      EmailVerificationService,
      VerificationLinksService,
      VerificationRequestsService,
    ],
    exports: [EmailVerificationService, VerificationLinksService],
  }));
}
