import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { ownTables } from '../../database/own-tables.js';
import { AuditModule } from '../../audit/audit.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { OneTimeTokensModule } from '../one-time-tokens/one-time-tokens.module.js';
import { OwnSessionsController } from './own/own-sessions.controller.js';
import { RevocationsController } from './revocations/revocations.controller.js';
import { Authenticator } from '../../access/authenticator.js';
import { PrincipalCache } from './principal-cache.js';
import { ConfirmationsService } from './generations/confirmations.service.js';
import { JwtStrategy } from '../../access/guards/jwt.strategy.js';
import { OwnSessionsService } from './own/own-sessions.service.js';
import { Session } from './session.entity.js';
import { SessionPurge } from './session-purge.js';
import { SessionsService } from './sessions.service.js';
import { SignOutService } from './sign-out.service.js';
import { RevocationsService } from './revocations/revocations.service.js';
import { SessionGenerationsService } from './generations/session-generations.service.js';

/** Sessions: starting and ending them, and authenticating requests. */
@Module({})
export class SessionsModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: SessionsModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ownTables([Session], astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      JobsModule.of(astra),
      TokensModule.of(astra),
      OneTimeTokensModule.of(astra),
    ],
    controllers: [OwnSessionsController, ...(astra.features.discovery ? [RevocationsController] : [])],
    providers: [
      { provide: Authenticator, useClass: PrincipalCache },
      ConfirmationsService,
      JwtStrategy,
      OwnSessionsService,
      RevocationsService,
      SessionGenerationsService,
      SessionPurge,
      SessionsService,
      SignOutService,
    ],
    exports: [OwnSessionsService, SessionGenerationsService, SessionsService, SignOutService],
  }));
}
