import { Module } from '@nestjs/common';
import { DatabaseModule } from '../../database/database.module.js';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { PasswordsModule } from '../passwords/passwords.module.js';
import { OwnPasswordService } from './own-password.service.js';
import { RemovePasswordController } from './remove-password.controller.js';
import { SetPasswordController } from './set-password.controller.js';

/** Ways to sign in to an account: which it has, and that the last one is kept. Accounts without a password. */
@Module({})
export class WaysInModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: WaysInModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      PasswordsModule.of(astra),
    ],
    controllers: [SetPasswordController, ...(hasOtherWays(astra) ? [RemovePasswordController] : [])],
    providers: [OwnPasswordService],
  }));
}

/** Returns whether users can sign in without a password. */
function hasOtherWays({ features }: Installation): boolean {
  return features.passkeys || features.emailCode || features.providers;
}
