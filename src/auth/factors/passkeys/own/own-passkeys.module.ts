import { Module } from '@nestjs/common';
import { DatabaseModule } from '../../../../database/database.module.js';
import { oncePer } from '../../../../database/once-per.js';
import { Installation } from '../../../../settings/installation.js';
import { SettingsModule } from '../../../../settings/settings.module.js';
import { AccountsModule } from '../../../../users/accounts.module.js';
import { PasskeyChangesModule } from '../changes/passkey-changes.module.js';
import { PasskeysModule } from '../passkeys.module.js';
import { OwnPasskeysController } from './own-passkeys.controller.js';
import { OwnPasskeysService } from './own-passkeys.service.js';
import { RelatedOriginsController } from './related-origins.controller.js';

/** Passkeys of the signed-in user, and the sites that may use them. */
@Module({})
export class OwnPasskeysModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: OwnPasskeysModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      PasskeysModule.of(astra),
      PasskeyChangesModule.of(astra),
    ],
    controllers: astra.features.passkeys ? [OwnPasskeysController, RelatedOriginsController] : [],
    providers: [OwnPasskeysService],
  }));
}
