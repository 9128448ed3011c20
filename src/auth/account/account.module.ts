import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { DatabaseModule } from '../../database/database.module.js';
import { ownTables } from '../../database/own-tables.js';
import { AccountExport } from './account-export.entity.js';
import { AuditModule } from '../../audit/audit.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { ProfileModule } from '../../users/profile/profile.module.js';
import { OwnFactorsModule } from '../factors/own/own-factors.module.js';
import { PasskeysModule } from '../factors/passkeys/passkeys.module.js';
import { ProvidersModule } from '../providers/providers.module.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { MailModule } from '../../mail/mail.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { AccountController } from './account.controller.js';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import { AccountDeletionService } from './account-deletion.service.js';
import { AccountErasureService } from './account-erasure.service.js';
import { AccountExportService } from './account-export.service.js';
import { ExportedWaysIn } from './exported-ways-in.js';
import { ExportLeasesService } from './export-leases.service.js';

/** Deletion and export of accounts by their owners. */
@Module({})
export class AccountModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: AccountModule,
    imports: [
      ApiKeysModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ownTables([AccountExport], astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      ProfileModule.of(astra),
      JobsModule.of(astra),
      OwnFactorsModule.of(astra),
      PasskeysModule.of(astra),
      ProvidersModule.of(astra),
      MailModule.of(astra),
      PasswordsModule.of(astra),
      SessionsModule.of(astra),
    ],
    controllers: [AccountController],
    providers: [
      AccountDeletionService,
      AccountErasureService,
      AccountExportService,
      ExportedWaysIn,
      ExportLeasesService,
    ],
    exports: [AccountDeletionService],
  }));
}
