import { Module } from '@nestjs/common';
import { AuditModule } from '../../audit/audit.module.js';
import { DatabaseModule } from '../../database/database.module.js';
import { oncePer } from '../../database/once-per.js';
import { ownTables } from '../../database/own-tables.js';
import { JobsModule } from '../../jobs/jobs.module.js';
import { MailModule } from '../../mail/mail.module.js';
import type { Installation } from '../../settings/installation.js';
import { SettingsModule } from '../../settings/settings.module.js';
import { AccountsModule } from '../../users/accounts.module.js';
import { OneTimeTokensModule } from '../one-time-tokens/one-time-tokens.module.js';
import { CallbackUrls } from './callback-urls.js';
import { ProviderDirectory } from './client/provider-directory.js';
import { IdentitiesService } from './identities/identities.service.js';
import { Identity } from './identities/identity.entity.js';
import { OwnIdentitiesController } from './identities/own-identities.controller.js';
import { OwnIdentitiesService } from './identities/own-identities.service.js';
import { IdentitySignIn } from './waiting/identity-sign-in.entity.js';
import { IdentitySignIns } from './waiting/identity-sign-ins.js';
import { ProviderAnswersService } from './waiting/provider-answers.service.js';
import { ProviderTrail } from './provider-trail.js';
import { Ways } from './way/ways.js';

/** Providers: their clients, the identities of users there, and the cookie of a browser that is on its way. */
@Module({})
export class ProvidersModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: ProvidersModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ownTables([Identity, IdentitySignIn], astra.dataSource),
      AuditModule.on(astra.dataSource),
      AccountsModule.on(astra.dataSource),
      JobsModule.of(astra),
      MailModule.of(astra),
      OneTimeTokensModule.of(astra),
    ],
    controllers: astra.features.providers ? [OwnIdentitiesController] : [],
    providers: [
      CallbackUrls,
      IdentitiesService,
      IdentitySignIns,
      OwnIdentitiesService,
      ProviderAnswersService,
      ProviderDirectory,
      ProviderTrail,
      Ways,
    ],
    exports: [
      CallbackUrls,
      IdentitiesService,
      IdentitySignIns,
      OwnIdentitiesService,
      ProviderAnswersService,
      ProviderDirectory,
      ProviderTrail,
      Ways,
    ],
  }));
}
