import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { AuditModule } from '../../audit/audit.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { MailModule } from '../../mail/mail.module.js';
import { RateLimitModule } from '../../rate-limit/rate-limit.module.js';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { PasswordController } from './change/password.controller.js';
import { PasswordChangeService } from './change/password-change.service.js';
import { PasswordReplacementService } from './password-replacement.service.js';
import { PasswordsService } from './passwords.service.js';
import { StoredPasswordService } from './stored-password.service.js';
import { Reauthentication } from './reauthentication.js';

/** Password hashing, the password policy, and password changes. */
@Module({})
export class PasswordsModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: PasswordsModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      MailModule.of(astra),
      RateLimitModule.of(astra),
      SessionsModule.of(astra),
      ApiKeysModule.of(astra),
    ],
    controllers: [PasswordController],
    providers: [
      PasswordChangeService,
      PasswordReplacementService,
      PasswordsService,
      Reauthentication,
      StoredPasswordService,
    ],
    exports: [PasswordChangeService, PasswordReplacementService, PasswordsService, Reauthentication],
  }));
}
