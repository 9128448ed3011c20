import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { DatabaseModule } from '../../database/database.module.js';
import { AuditModule } from '../../audit/audit.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { MailModule } from '../../mail/mail.module.js';
import { PrivateRegistrationService } from './private-registration.service.js';

/** Registrations that wait for their email address to be confirmed, so that nobody learns who has an account. */
@Module({})
export class PendingRegistrationModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: PendingRegistrationModule,
    imports: [
      DatabaseModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      JobsModule.of(astra),
      MailModule.of(astra),
    ],
    providers: [PrivateRegistrationService],
    exports: [PrivateRegistrationService],
  }));
}
