import { Module } from '@nestjs/common';
import { DatabaseModule } from '../../../database/database.module.js';
import { oncePer } from '../../../database/once-per.js';
import { Installation } from '../../../settings/installation.js';
import { SettingsModule } from '../../../settings/settings.module.js';
import { AccountsModule } from '../../../users/accounts.module.js';
import { FactorsModule } from '../factors.module.js';
import { PasskeyChangesModule } from '../passkeys/changes/passkey-changes.module.js';
import { PasskeysModule } from '../passkeys/passkeys.module.js';
import { FactorListService } from './factor-list.service.js';
import { OwnFactorsController } from './own-factors.controller.js';
import { OwnFactorsService } from './own-factors.service.js';
import { OwnRecoveryCodesController } from './own-recovery-codes.controller.js';
import { OwnRecoveryCodesService } from './own-recovery-codes.service.js';

/** Second factors of the signed-in user, of all types, and the recovery codes. */
@Module({})
export class OwnFactorsModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: OwnFactorsModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      FactorsModule.of(astra),
      PasskeysModule.of(astra),
      PasskeyChangesModule.of(astra),
    ],
    controllers: astra.features.secondFactor ? [OwnFactorsController, OwnRecoveryCodesController] : [],
    providers: [FactorListService, OwnFactorsService, OwnRecoveryCodesService],
    exports: [FactorListService],
  }));
}
