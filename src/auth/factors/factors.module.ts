import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { oncePer } from '../../database/once-per.js';
import { ownTables } from '../../database/own-tables.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { MailModule } from '../../mail/mail.module.js';
import { RateLimitModule } from '../../rate-limit/rate-limit.module.js';
import { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { EnrolmentService } from './enrolment.service.js';
import { FactorAttemptsService } from './factor-attempts.service.js';
import { FactorConsequences } from './factor-consequences.js';
import { FactorsService } from './factors.service.js';
import { PasskeysModule } from './passkeys/passkeys.module.js';
import { RecoveryCode } from './recovery-codes/recovery-code.entity.js';
import { RecoveryCodesService } from './recovery-codes/recovery-codes.service.js';
import { RoleFactors } from './role-factors.js';
import { Totp } from './totp/totp.entity.js';
import { TotpCodes } from './totp/totp-codes.js';
import { TotpService } from './totp/totp.service.js';

/**
 * Second factors, as sign-ins and confirmations of identity need them: authenticator apps, recovery codes, passkeys. Their
 * users' own routes are in `own`.
 */
@Module({})
export class FactorsModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: FactorsModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ownTables([Totp, RecoveryCode], astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      JobsModule.of(astra),
      MailModule.of(astra),
      RateLimitModule.of(astra),
      SessionsModule.of(astra),
      PasskeysModule.of(astra),
    ],
    providers: [
      EnrolmentService,
      FactorAttemptsService,
      FactorConsequences,
      FactorsService,
      RecoveryCodesService,
      RoleFactors,
      TotpCodes,
      TotpService,
    ],
    exports: [
      EnrolmentService,
      FactorAttemptsService,
      FactorConsequences,
      FactorsService,
      RecoveryCodesService,
      TotpService,
    ],
  }));
}
