import { Module } from '@nestjs/common';
import { oncePer } from '../database/once-per.js';
import { Installation } from '../settings/installation.js';
import { SettingsModule } from '../settings/settings.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { AccountsModule } from '../users/accounts.module.js';
import { MailModule } from '../mail/mail.module.js';
import { SessionsModule } from '../auth/sessions/sessions.module.js';
import { PasswordsModule } from '../auth/passwords/passwords.module.js';
import { PasswordResetModule } from '../auth/password-reset/password-reset.module.js';
import { EmailVerificationModule } from '../auth/email-verification/email-verification.module.js';
import { AccountModule } from '../auth/account/account.module.js';
import { ProfileModule } from '../users/profile/profile.module.js';
import { AdminUsersController } from './admin-users.controller.js';
import { AdminAuditController } from './admin-audit.controller.js';
import { AdminPasswordResetController } from './admin-password-reset.controller.js';
import { AdminUsersService } from './admin-users.service.js';
import { KnownRoles } from './known-roles.js';
import { UserExportService } from './user-files/user-export.service.js';
import { UserImportService } from './user-files/user-import.service.js';

/** Administration of users, sessions and the audit trail: `/admin`. */
@Module({})
export class AdminModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: AdminModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      MailModule.of(astra),
      SessionsModule.of(astra),
      PasswordsModule.of(astra),
      PasswordResetModule.of(astra),
      EmailVerificationModule.of(astra),
      AccountModule.of(astra),
      ProfileModule.of(astra),
    ],
    controllers: [
      AdminUsersController,
      AdminAuditController,
      ...(astra.features.mail ? [AdminPasswordResetController] : []),
    ],
    providers: [AdminUsersService, KnownRoles, UserExportService, UserImportService],
    exports: [],
  }));
}
