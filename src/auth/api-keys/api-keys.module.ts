import { Module } from '@nestjs/common';
import { ApiKeyAuthenticator } from '../../access/api-key-authenticator.js';
import { AuditModule } from '../../audit/audit.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { oncePer } from '../../database/once-per.js';
import { ownTables } from '../../database/own-tables.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { MailModule } from '../../mail/mail.module.js';
import { RateLimitModule } from '../../rate-limit/rate-limit.module.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { ApiKeyChangesService } from './api-key-changes.service.js';
import { ApiKeyWarnings } from './api-key-warnings.js';
import { FoundApiKeysService } from './found-api-keys.service.js';
import { ApiKeyPurge } from './api-key-purge.js';
import { ApiKey } from './api-key.entity.js';
import { ApiKeysService } from './api-keys.service.js';
import { OwnApiKeysController } from './own/own-api-keys.controller.js';
import { ApiKeyCache } from './use/api-key-cache.js';
import { ApiKeyUses } from './use/api-key-uses.js';
import { OwnApiKeysService } from './own/own-api-keys.service.js';

/** API keys of users and service accounts. */
@Module({})
export class ApiKeysModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: ApiKeysModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ownTables([ApiKey], astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      JobsModule.of(astra),
      RateLimitModule.of(astra),
      MailModule.of(astra),
      SessionsModule.of(astra),
    ],
    controllers: astra.features.apiKeys ? [OwnApiKeysController] : [],
    providers: [
      ApiKeyChangesService,
      ApiKeyPurge,
      ApiKeyWarnings,
      FoundApiKeysService,
      ApiKeyUses,
      ApiKeysService,
      OwnApiKeysService,
      // Without it, the guard refuses keys.
      ...(astra.features.apiKeys ? [{ provide: ApiKeyAuthenticator, useClass: ApiKeyCache }] : []),
    ],
    exports: [ApiKeyChangesService, ApiKeysService, FoundApiKeysService],
  }));
}
