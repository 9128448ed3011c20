import { Module } from '@nestjs/common';
import { oncePer } from '../../database/once-per.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { AuditModule } from '../../audit/audit.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { MailModule } from '../../mail/mail.module.js';
import { RateLimitModule } from '../../rate-limit/rate-limit.module.js';
import { TokensModule } from '../tokens/tokens.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ApiKeysModule } from '../api-keys/api-keys.module.js';
import { RefreshController } from './refresh.controller.js';
import { RefreshCookie } from './refresh-cookie.js';
import { RefreshService } from './refresh.service.js';
import { TokenRevocationService } from './token-revocation.service.js';
import { TokenReplayService } from './token-replay.service.js';

/** Refresh token rotation, sign-out, and the refresh cookie. */
@Module({})
export class RefreshModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: RefreshModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      MailModule.of(astra),
      RateLimitModule.of(astra),
      TokensModule.of(astra),
      SessionsModule.of(astra),
      ApiKeysModule.of(astra),
    ],
    controllers: [RefreshController],
    providers: [RefreshCookie, RefreshService, TokenReplayService, TokenRevocationService],
    exports: [RefreshCookie, RefreshService],
  }));
}
