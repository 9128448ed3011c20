import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { DatabaseModule } from '../../database/database.module.js';
import { AuditModule } from '../../audit/audit.module.js';
import { AccountsModule } from '../accounts.module.js';
import { MailModule } from '../../mail/mail.module.js';
import { ChangeProfileController } from './change-profile.controller.js';
import { ProfileController } from './profile.controller.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { ShownUsers } from '../shown-users.js';
import { ProfileService } from './profile.service.js';
import { UserChangesService } from '../user-changes.service.js';

/** The user's own account: `/users/me`, and how accounts are shown. */
@Module({})
export class ProfileModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: ProfileModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      MailModule.of(astra),
    ],
    controllers: [ProfileController, ChangeProfileController],
    providers: [ProfileService, ShownUsers, UserChangesService],
    exports: [ShownUsers, UserChangesService],
  }));
}
