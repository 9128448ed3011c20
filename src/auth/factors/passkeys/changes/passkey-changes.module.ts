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
import { PasskeyConsequences } from './passkey-consequences.js';
import { PasskeyEnrolmentService } from './passkey-enrolment.service.js';
import { PasskeyRemovalService } from './passkey-removal.service.js';

/**
 * Additions and removals of passkeys by users, sign-ins and admins. Apart from the module of passkeys, as
 * recovery codes and sessions depend on them, and second factors in turn on passkeys.
 */
@Module({})
export class PasskeyChangesModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: PasskeyChangesModule,
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
    providers: [PasskeyConsequences, PasskeyEnrolmentService, PasskeyRemovalService],
    exports: [PasskeyEnrolmentService, PasskeyRemovalService],
  }));
}
