import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { oncePer } from '../../database/once-per.js';
import { ownTables } from '../../database/own-tables.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { MailModule } from '../../mail/mail.module.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { EmailCode } from './email-code.entity.js';
import { EmailCodeMessagesService } from './email-code-messages.service.js';
import { EmailCodesService } from './email-codes.service.js';

/**
 * Codes that are sent by email. It knows neither sign-ins nor confirmations, which both use it, so that a code is stored, counted
 * and used up in one place.
 */
@Module({})
export class EmailCodesModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: EmailCodesModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ownTables([EmailCode], astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      JobsModule.of(astra),
      MailModule.of(astra),
    ],
    providers: [EmailCodesService, EmailCodeMessagesService],
    exports: [EmailCodesService, EmailCodeMessagesService],
  }));
}
