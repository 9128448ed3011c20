import { Module } from '@nestjs/common';
import { oncePer } from '../database/once-per.js';
import type { Installation } from '../settings/installation.js';
import { SettingsModule } from '../settings/settings.module.js';
import { DatabaseModule } from '../database/database.module.js';
import { ownTables } from '../database/own-tables.js';
import { MailBudgetCounter } from './mail-budget-counter.entity.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { MailCount } from './delivery/mail-count.entity.js';
import { MailCountsService } from './delivery/mail-counts.service.js';
import { MailDeliveryService } from './delivery/mail-delivery.service.js';
import { MailBudgetService } from './mail-budget.service.js';
import { MailRenderer } from './mail-renderer.js';
import { MailSeal } from './mail-seal.js';
import { MailService } from './mail.service.js';

/** Email messages to users. */
@Module({})
export class MailModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: MailModule,
    imports: [
      SettingsModule.of(astra),
      DatabaseModule.on(astra.dataSource),
      ownTables([MailBudgetCounter, MailCount], astra.dataSource),
      JobsModule.of(astra),
    ],
    providers: [
      MailBudgetService,
      MailCountsService,
      MailDeliveryService,
      MailRenderer,
      MailSeal,
      MailService,
    ],
    exports: [MailService, MailCountsService],
  }));
}
