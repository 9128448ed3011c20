import { Module } from '@nestjs/common';
import { DatabaseModule } from '../database/database.module.js';
import { oncePer } from '../database/once-per.js';
import { JobsModule } from '../jobs/jobs.module.js';
import type { Installation } from '../settings/installation.js';
import { AccountsModule } from '../users/accounts.module.js';
import { WebhookRetention } from './events/webhook-retention.js';

/** Deletion of stored events. Part of every installation, unlike the webhooks themselves. */
@Module({})
export class WebhookRetentionModule {
  /** Returns the one of an installation. */
  static readonly of = oncePer((astra: Installation) => ({
    module: WebhookRetentionModule,
    imports: [DatabaseModule.on(astra.dataSource), AccountsModule.on(astra.dataSource), JobsModule.of(astra)],
    providers: [WebhookRetention],
  }));
}
