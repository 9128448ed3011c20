import { Module } from '@nestjs/common';
import { AuditModule } from '../../../../audit/audit.module.js';
import { DatabaseModule } from '../../../../database/database.module.js';
import { oncePer } from '../../../../database/once-per.js';
import { MailModule } from '../../../../mail/mail.module.js';
import { Installation } from '../../../../settings/installation.js';
import { SettingsModule } from '../../../../settings/settings.module.js';
import { AccountsModule } from '../../../../users/accounts.module.js';
import { SessionsModule } from '../../../sessions/sessions.module.js';
import { FactorsModule } from '../../factors.module.js';
import { PasskeysModule } from '../passkeys.module.js';
import { OwnPasskeysController } from './own-passkeys.controller.js';
import { OwnPasskeysService } from './own-passkeys.service.js';
import { PasskeyChanges } from './passkey-changes.js';
import { RelatedOriginsController } from './related-origins.controller.js';

/**
 * Passkeys of the signed-in user, and the sites that may use them. Apart from the module of passkeys, as recovery codes and
 * sessions depend on a change of them, and second factors in turn on passkeys.
 */
@Module({})
export class OwnPasskeysModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: OwnPasskeysModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      MailModule.of(astra),
      SessionsModule.of(astra),
      FactorsModule.of(astra),
      PasskeysModule.of(astra),
    ],
    controllers: astra.features.passkeys ? [OwnPasskeysController, RelatedOriginsController] : [],
    providers: [OwnPasskeysService, PasskeyChanges],
  }));
}
