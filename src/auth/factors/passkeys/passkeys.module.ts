import { Module } from '@nestjs/common';
import { AuditModule } from '../../../audit/audit.module.js';
import { DatabaseModule } from '../../../database/database.module.js';
import { oncePer } from '../../../database/once-per.js';
import { ownTables } from '../../../database/own-tables.js';
import { MailModule } from '../../../mail/mail.module.js';
import type { Installation } from '../../../settings/installation.js';
import { SettingsModule } from '../../../settings/settings.module.js';
import { OneTimeTokensModule } from '../../one-time-tokens/one-time-tokens.module.js';
import { Ceremonies } from './ceremonies.js';
import { Challenges } from './challenges.js';
import { Passkey } from './passkey.entity.js';
import { PasskeyFactor } from './passkey-factor.js';
import { PasskeyProofsService } from './passkey-proofs.service.js';
import { PasskeysService } from './passkeys.service.js';

/**
 * Passkeys: their records, and their ceremonies with browsers. The module has no routes, so that it can be the base of
 * sign-ins as well as of second factors.
 */
@Module({})
export class PasskeysModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: PasskeysModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ownTables([Passkey], astra.dataSource),
      AuditModule.on(astra.dataSource),
      OneTimeTokensModule.of(astra),
      MailModule.of(astra),
    ],
    providers: [Ceremonies, Challenges, PasskeyFactor, PasskeyProofsService, PasskeysService],
    exports: [Ceremonies, PasskeyFactor, PasskeyProofsService, PasskeysService],
  }));
}
